import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/handlers/start-workflow.ts';
import { plannedFile, writeFileOf } from '../../../src/cli/write-back.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { addHosts } from '../../../src/config/add-hosts.ts';
import { diffClusters } from '../../../src/config/diff.ts';
import { removeHosts } from '../../../src/config/remove-hosts.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';
import { fakeContext } from './fake-context.ts';
import { fakeOperations } from './fake-operations.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kha-write-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const TEXT = `# ours
name: demo
hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: {address: 10.0.0.4, ssh: {user: ops, port: 2222}}}
ssh: {user: admin}   # everywhere
masters: [m1, m2, m3]
workers: [w1]
`;
function fileWith(text: string): string {
  const path = join(dir, 'cluster.yaml');
  writeFileSync(path, text);
  chmodSync(path, 0o640);
  return path;
}

async function written(text: string, change: (cluster: Cluster) => Cluster): Promise<string> {
  const path = fileWith(text);
  const cluster = change(await clusterFrom(text));
  const context = fakeContext();
  await writeFileOf(context, path, cluster);
  expect(context.talk.join()).toContain('says so now');
  const edited = readFileSync(path, 'utf8');
  expect((await plannedFile(path, cluster)).isSame).toBe(true);
  return edited;
}
const adding = (role: 'master' | 'worker' | 'etcd', words: string[]) => (cluster: Cluster) =>
  addHosts(cluster, role, words).cluster;
const removing = (names: string[]) => (cluster: Cluster) => removeHosts(cluster, names);

describe('--write', () => {
  it('writes hosts as the record has them, and keeps what else the file says', async () => {
    expect(await written(TEXT, adding('worker', ['w2=10.0.0.5', 'w3=root@10.0.0.6:22']))).toBe(
      TEXT.replace(
        '{user: ops, port: 2222}}}',
        '{user: ops, port: 2222}}, w2: { address: 10.0.0.5, ssh: { user: ops, port: 2222 } }, w3: { address: 10.0.0.6, ssh: { user: root } }}',
      ).replace('[w1]', '[w1, w2, w3]'),
    );
  });

  it('says who is in etcd, where that followed the masters before', async () => {
    expect(await written(TEXT, adding('master', ['m4=10.0.0.14']))).toBe(`# ours
name: demo
hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: {address: 10.0.0.4, ssh: {user: ops, port: 2222}}, m4: 10.0.0.14}
etcd: [m1, m2, m3]
ssh: {user: admin}   # everywhere
masters: [m1, m2, m3, m4]
workers: [w1]
`);
  });

  it('leaves two members of etcd where one of three was removed', async () => {
    expect(await written(TEXT, removing(['m2']))).toBe(TEXT.replace(' m2: 10.0.0.2,', '').replace(' m2,', ''));
  });

  it('replaces the file in one step, with its mode, behind a link too', async () => {
    const path = fileWith(TEXT);
    const link = join(dir, 'link.yaml');
    symlinkSync(path, link);
    await writeFileOf(fakeContext(), link, adding('worker', ['w2=ops@10.0.0.5:2222'])(await clusterFrom(TEXT)));
    expect(readFileSync(path, 'utf8')).toContain('w2');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(dir).sort()).toEqual(['cluster.yaml', 'link.yaml']);
  });

  it('refuses beforehand what would not come to the record', async () => {
    const path = fileWith(`${TEXT}parallelism: 7\n`);
    const cluster = adding('worker', ['w2=10.0.0.5'])(await clusterFrom(TEXT));
    await expect(plannedFile(path, cluster)).rejects.toMatchObject({
      code: 'KHA1005',
      lastLines: expect.arrayContaining(['  parallelism']),
    });
    await expect(plannedFile(join(dir, 'none.yaml'), cluster)).rejects.toMatchObject({ code: 'KHA2002' });
    await expect(plannedFile(fileWith('name: [x'), cluster)).rejects.toMatchObject({ code: 'KHA2001' });
    expect(diffClusters(await clusterFrom(TEXT), cluster)).not.toEqual([]);
  });

  it('leaves a file alone that says so already', async () => {
    const context = fakeContext();
    const path = fileWith(TEXT);
    await writeFileOf(context, path, await clusterFrom(TEXT));
    expect(readFileSync(path, 'utf8')).toBe(TEXT);
    expect(context.talk.join()).toContain('says so already');
  });

  describe('of start-workflow', () => {
    const options = {
      file: [],
      inventory: undefined,
      extraVars: [],
      name: undefined,
      cluster: 'demo',
      acceptChanges: false,
      acceptHostKeys: true,
      detach: false,
      onFailure: undefined,
      ignorePreflightErrors: [],
      host: ['w1'],
      lost: [],
      drain: [],
      within: undefined,
      certificate: [],
      rotateCa: false,
      maxUnavailable: undefined,
      kernel: undefined,
      approveBefore: [],
      approvalExpires: undefined,
      approvalOutcome: undefined,
      window: [],
      write: '',
      only: [],
      skipSteps: [],
      approvedPlan: undefined,
      yes: true,
      confirm: undefined,
      output: undefined,
    };
    async function world(fails?: string) {
      const store = createMemoryStore();
      const text = TEXT.replace('w1: {', 'w2: 10.0.0.5, w1: {').replace('[w1]', '[w1, w2]');
      const write = fileWith(text);
      const digest = await store.putObject(await clusterFrom(text));
      await store.putCluster({ name: 'demo', cluster: digest, createdAt: '', updatedAt: '', sources: [] });
      const started: string[] = [];
      const operations = fakeOperations({
        onStart: async ({ operation }) => void started.push(operation),
        ...(fails === undefined ? {} : { fails }),
      });
      const context = fakeContext({ store, operations });
      context.ssh = async () => ({ exec: never, offeredKey: never, close: async () => undefined });
      const start = (operation: string, more: Partial<typeof options> = {}): Promise<void> =>
        run(context, { args: { operation }, options: { ...options, write, ...more } });
      return { start, started, text, content: () => readFileSync(write, 'utf8') };
    }
    const never = () => Promise.reject(new Error('not part of this test'));

    it('writes when the operation is done, and only then', async () => {
      const { start, text, content } = await world();
      await start('remove-node');
      expect(content()).toBe(
        text.replace(', w1: {address: 10.0.0.4, ssh: {user: ops, port: 2222}}', '').replace('[w1, w2]', '[w2]'),
      );
      const failing = await world('remove-node');
      await expect(failing.start('remove-node')).rejects.toMatchObject({ code: 'KHA1007' });
      expect(failing.content()).toBe(failing.text);
    });

    it('says no before anything starts', async () => {
      const { start, started, text, content } = await world();
      await expect(start('remove-node', { detach: true })).rejects.toMatchObject({ code: 'KHA1001' });
      await expect(start('init-cluster', { host: [] })).rejects.toMatchObject({ code: 'KHA1001' });
      const other = join(dir, 'other.yaml');
      writeFileSync(other, text.replace('demo', 'other'));
      await expect(start('remove-node', { write: other })).rejects.toMatchObject({ code: 'KHA1005' });
      expect(started).toEqual([]);
      expect(content()).toBe(text);
    });
  });
});
