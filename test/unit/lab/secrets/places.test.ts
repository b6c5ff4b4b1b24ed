import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../../lab/wait.ts';
import { createFileStore } from '../../../../src/adapters/file-store/file-store.ts';
import { findHome } from '../../../../src/home.ts';
import { homeSecrets } from '../../../lab/secrets/home-secrets.ts';
import { hostSecrets } from '../../../lab/secrets/host-secrets.ts';
import { scanProcesses } from '../../../lab/secrets/process-samples.ts';
import { sampleProcesses } from '../../../lab/secrets/sample-processes.ts';
import { scanHome, scanHostFiles } from '../../../lab/secrets/scan-files.ts';
import { createScanner } from '../../../lab/secrets/scan-text.ts';
import { textSecret } from '../../../lab/secrets/secret.ts';

const secret = 'the-one-and-only-password';
const scanner = createScanner([textSecret('the password', secret)]);

let directory: string;
const put = (path: string, content: string | Buffer, mode = 0o600): string => {
  const full = join(directory, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  chmodSync(full, mode);
  return full;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kha-secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("scan of kha's home", () => {
  it.each(['store/logs/run/1.jsonl', 'store/objects/ab/abc.json', 'logs/kha.log', 'temporal/server.log', '.hidden/x'])(
    'finds a secret in %s',
    (path) => {
      put(path, `some text\n${secret}\n`);
      expect(scanHome(scanner, directory).findings).toMatchObject([
        { place: join(directory, path), what: 'the password' },
      ]);
    },
  );

  it('finds one in the middle of a database of many MB, across the pieces in which it is read', () => {
    const database = randomBytes(17 << 20);
    database.write(secret, (8 << 20) - 10);
    put('temporal/temporal.db', database);
    const { findings, bytes } = scanHome(scanner, directory);
    expect(findings).toMatchObject([{ what: 'the password' }]);
    expect(findings[0]?.detail).toContain(`at byte ${(8 << 20) - 10}`);
    expect(bytes).toBeGreaterThanOrEqual(database.length);
  });

  it('leaves out the folder of keys and the kubeconfig of the user', () => {
    put('keys/store.key', secret);
    put('kubeconfig', secret);
    expect(scanHome(scanner, directory)).toMatchObject({ findings: [], files: 0 });
  });
});

describe('scan of a host', () => {
  it.each([
    'tmp/x',
    'var/tmp/a/b',
    'run/kha/job~1/kubeadm.yaml',
    'var/lib/kha/jobs/j/stdout',
    'var/log/pods/x/0.log',
    'var/lib/etcd/member/wal/0.wal',
  ])('finds a secret in /%s, whatever its mode is', (path) => {
    put(path, `x${secret}x`);
    expect(scanHostFiles(scanner, 'h1', directory).findings).toMatchObject([
      { place: `h1:/${path}`, what: 'the password' },
    ]);
  });

  it('finds keys that others than root can read, and no other', () => {
    put('etc/kubernetes/pki/good.key', secret, 0o600);
    put('etc/kubernetes/pki/bad.key', secret, 0o640);
    put('var/lib/kubelet/pki/worse.key', secret, 0o644);
    put('etc/hosts', 'nothing', 0o644);
    expect(scanHostFiles(scanner, 'h1', directory).findings).toEqual([
      {
        place: 'h1:/etc/kubernetes/pki/bad.key',
        what: expect.stringContaining('others'),
        detail: expect.stringContaining('640'),
      },
      {
        place: 'h1:/var/lib/kubelet/pki/worse.key',
        what: expect.stringContaining('others'),
        detail: expect.stringContaining('644'),
      },
    ]);
  });

  it('reads files only below the root of the host', () => {
    const outside = put('outside/x', secret);
    mkdirSync(join(directory, 'host/tmp'), { recursive: true });
    symlinkSync(outside, join(directory, 'host/tmp/link'));
    symlinkSync(dirname(outside), join(directory, 'host/tmp/folder'));
    expect(scanHostFiles(scanner, 'h1', join(directory, 'host')).files).toBe(0);
  });
});

describe('samples of processes', () => {
  /** A process of this home with a secret, and what is found of it. */
  const findingsWith = async (args: string[], env: Record<string, string>): Promise<{ place: string }[]> => {
    const sampler = sampleProcesses({ home: directory });
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', '--', ...args], {
      env: { ...process.env, KHA_HOME: directory, ...env },
      stdio: 'ignore',
    });
    try {
      const seen = await waitUntil(() => sampler.samples().words.some((w) => w.pid === String(child.pid)), 10);
      expect(seen).toBe(true);
      return scanProcesses(scanner, sampler.stop());
    } finally {
      sampler.stop();
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  };

  it('tell which argument of which process held a secret', async () => {
    const findings = await findingsWith(['--token', `x=${secret}`], {});
    expect(findings).toMatchObject([{ place: expect.stringMatching(/^process node \(\d+\) of kha, argument 5$/) }]);
    expect(JSON.stringify(findings)).not.toContain(secret);
  });

  it('tell which variable of its environment did', async () => {
    const findings = await findingsWith([], { KHA_PASSWORD: secret });
    expect(findings).toMatchObject([{ place: expect.stringMatching(/of kha, environment KHA_PASSWORD$/) }]);
  });

  it('are free of findings where nothing is wrong', async () => expect(await findingsWith(['--ok'], {})).toEqual([]));
});

describe('what is secret', () => {
  it("is read from kha's home: keys, stored secrets, and what clusters refer to", async () => {
    const home = findHome({ KHA_HOME: directory });
    const store = createFileStore(home.store, { key: home.storeKey, knownHosts: home.knownHosts });
    await store.putSecret('demo/sudo', 'a stored password');
    const file = put('elsewhere/password', 'a password in a file\n');
    const cluster = await store.putObject({ ssh: { password: { file }, sudo: { password: { secret: 'demo/sudo' } } } });
    await store.putCluster({ name: 'demo', cluster, createdAt: '', updatedAt: '', sources: [] });
    const values = (await homeSecrets({ KHA_HOME: directory })).map((s) => [
      s.name,
      Buffer.from(s.parts[0] ?? []).toString(),
    ]);
    expect(values).toHaveLength(3);
    expect(values).toContainEqual(["secret demo/sudo of kha's store", 'a stored password']);
    expect(values).toContainEqual([`password of ${file}`, 'a password in a file']);
    // The store's own file does not give it away.
    const all = createScanner(await homeSecrets({ KHA_HOME: directory }));
    expect(scanHome(all, directory).findings.map((f) => f.place)).toEqual([file]);
  });

  it('is read from hosts: keys of any folder, kubeconfigs, the key of encryption, tokens of pods', () => {
    const token = `eyJhbGciOi.eyJzdWIiOi.${randomBytes(64).toString('base64url')}`;
    put('var/lib/kubelet/pods/1/volumes/kubernetes.io~projected/t/..data/token', token, 0o644);
    put('etc/kubernetes/pki/secrets-encryption.yaml', `secret: ${randomBytes(32).toString('base64')}\n`);
    expect(hostSecrets('h1', directory).map((s) => s.name)).toEqual([
      'h1:/etc/kubernetes/pki/secrets-encryption.yaml',
      'h1:/var/lib/kubelet/pods/1/volumes/kubernetes.io~projected/t/..data/token',
    ]);
  });
});
