import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secretResolver } from '../../../../src/adapters/ssh2/secret-ref.ts';
import { resolveSshConfig } from '../../../../src/adapters/ssh2/ssh-config.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'kha-ssh-config-'));
  mkdirSync(join(home, '.ssh', 'more'), { recursive: true });
  writeFileSync(join(home, '.ssh', 'second'), '');
  writeFileSync(
    join(home, '.ssh', 'config'),
    `Include ${home}/.ssh/more/*
Host bastion
  HostName 10.9.9.1
  User jump
  Port 2200
Host far
  HostName 10.9.9.2
  ProxyJump bastion
Host m*
  User ops
  ProxyJump far,x@10.9.9.3:33
  IdentityFile ${home}/.ssh/%n-first
  IdentityFile ${home}/.ssh/second
Host m1
  HostName 10.1.1.1
Host direct
  HostName 10.1.1.3
  ProxyJump none
Match host guarded exec "touch ${home}/executed"
  User evil
`,
  );
  writeFileSync(join(home, '.ssh', 'more', 'one.conf'), 'Host included\n  HostName 10.1.1.2\n');
});
afterAll(() => rmSync(home, { recursive: true }));

describe.each([
  ['with the OpenSSH client', 'ssh'],
  ['without it', '/nonexistent/ssh'],
])('resolveSshConfig %s', (_, program) => {
  const resolve = (alias: string) => resolveSshConfig(alias, { file: join(home, '.ssh', 'config'), home, program });

  test('merges blocks, finds the key that exists, resolves bastions and theirs', async () => {
    expect(await resolve('m1')).toEqual({
      address: '10.1.1.1',
      user: 'ops',
      keyFile: join(home, '.ssh', 'second'),
      jump: ['jump@10.9.9.1:2200', '10.9.9.2', 'x@10.9.9.3:33'],
    });
  });

  test('port, Include, and no bastion where there is none', async () => {
    expect(await resolve('bastion')).toEqual({ address: '10.9.9.1', user: 'jump', port: 2200 });
    expect(await resolve('included')).toEqual({ address: '10.1.1.2' });
    expect(await resolve('direct')).toEqual({ address: '10.1.1.3' });
  });

  test("what the file does not name is undefined: OpenSSH's defaults are not what the user has written", async () => {
    expect(await resolve('nobody')).toBeUndefined();
    expect(await resolveSshConfig('m1', { file: join(home, 'none'), home, program })).toBeUndefined();
  });
});

test('without the client `Match exec` runs nothing', async () => {
  const options = { file: join(home, '.ssh', 'config'), home, program: '/nonexistent/ssh' };
  expect(await resolveSshConfig('guarded', options)).toBeUndefined();
  expect(existsSync(join(home, 'executed'))).toBe(false);
});

describe('secretResolver', () => {
  const resolve = secretResolver(async (name) => (name === 'known' ? 'stored' : undefined), {
    PASSWORD: 'env',
    EMPTY: '',
  });

  test('reads the environment, the store and files without their last line end', async () => {
    const file = join(home, 'secret');
    writeFileSync(file, ' two\nlines \n');
    expect(await resolve({ env: 'PASSWORD' })).toBe('env');
    expect(await resolve({ secret: 'known' })).toBe('stored');
    expect(await resolve({ file })).toBe(' two\nlines ');
  });

  test.each([{ env: 'EMPTY' }, { env: 'NONE' }, { secret: 'other' }, { file: '/no/such/file' }])(
    '%j that is not there',
    async (ref) => {
      await expect(resolve(ref)).rejects.toMatchObject({
        code: 'KHA3012',
        blame: 'configuration',
        hint: expect.any(String),
      });
    },
  );
});
