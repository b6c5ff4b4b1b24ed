import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { workerIdentity } from '../../../src/adapters/worker-identity.ts';

const onLinux = process.platform === 'linux';

it.runIf(onLinux)('says that this process lives, also by the words of another one of this machine', async () => {
  const { text, isDead } = await workerIdentity();
  expect(text).toMatch(new RegExp(`^${process.pid}@${hostname()}/[0-9a-f]{8}\\.[0-9a-f]{8}$`));
  expect(await isDead(text)).toBe(false);
});

it.runIf(onLinux)('knows a process that ended, and one that has the number of another now', async () => {
  const { text, isDead } = await workerIdentity();
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  const { pid } = child;
  await once(child, 'exit');
  expect(await isDead(text.replace(/^\d+/, String(pid)))).toBe(true);
  expect(await isDead(text.replace(/[0-9a-f]{8}$/, '00000000'))).toBe(true);
});

it('takes nobody for dead of whom it can not know', async () => {
  const { text, isDead } = await workerIdentity();
  expect(await isDead(`999999999@${hostname()}`)).toBe(false);
  expect(await isDead(text.replace(/\/[0-9a-f]{8}/, '/00000000'))).toBe(false);
  expect(await isDead('')).toBe(false);
});
