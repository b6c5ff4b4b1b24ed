import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostsToEnrol, readDeclaration } from '../../../src/cli/declaration.ts';
import { addEtcd } from '../../../src/operations/add-etcd.ts';
import { addWorker } from '../../../src/operations/add-worker.ts';
import { configureLoadBalancer } from '../../../src/operations/configure-load-balancer.ts';
import { initCluster } from '../../../src/operations/init-cluster.ts';
import { recoverCluster } from '../../../src/operations/recover-cluster.ts';
import { resetCluster } from '../../../src/operations/reset-cluster.ts';
import { resetNode } from '../../../src/operations/reset-node.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';
import { fakeContext } from './fake-context.ts';

const dir = mkdtempSync(join(tmpdir(), 'kha-declaration-'));
afterAll(() => rmSync(dir, { recursive: true }));

const text = (workers: string, more = '') => `name: demo\nhosts: {m1: 10.0.0.1, ${workers}}\nmasters: [m1]\n${more}`;
const fileWith = (content: string): string => {
  const path = join(dir, 'cluster.yaml');
  writeFileSync(path, content);
  return path;
};
const none = { file: [] as string[], inventory: undefined, extraVars: [], name: undefined, host: [] as string[] };

async function withRecord() {
  const store = createMemoryStore();
  const digest = await store.putObject(await clusterFrom(text('w1: 10.0.0.4')));
  await store.putCluster({ name: 'demo', cluster: digest, createdAt: '', updatedAt: '', sources: [] });
  const context = fakeContext({ store });
  return {
    context,
    digest,
    read: (choice: Partial<typeof none>) => readDeclaration(context, addWorker, { ...none, ...choice }),
  };
}

describe('the declaration of add-worker', () => {
  it('is the record and the hosts that are named', async () => {
    const { read, digest } = await withRecord();
    const declared = await read({ host: ['w2=10.0.0.5,w3=10.0.0.6'] });
    expect(declared).toMatchObject({ targets: ['w2', 'w3'], basis: digest });
    expect(declared.loaded.cluster.roles.workers).toEqual(['w1', 'w2', 'w3']);
    expect(hostsToEnrol(declared).map((h) => h.name)).toEqual(['w2', 'w3']);
  });

  it('is a file with new hosts, and with nothing else that is new', async () => {
    const { context, read, digest } = await withRecord();
    expect(await read({ file: [fileWith(text('w1: 10.0.0.4, w2: 10.0.0.5'))] })).toMatchObject({
      targets: ['w2'],
      basis: digest,
    });
    const other = fileWith(text('w1: 10.0.0.4, w2: 10.0.0.5', 'parallelism: 7\n'));
    await expect(read({ file: [other] })).rejects.toMatchObject({ code: 'KHA1005' });
    expect(context.talk.join('\n')).toContain('parallelism');
    await expect(read({ file: [fileWith(text('w1: 10.0.0.4'))] })).rejects.toThrow('no host that demo has not already');
  });

  it('of other operations is a file with new hosts in their role', async () => {
    const { context } = await withRecord();
    const grown = text('w1: 10.0.0.4, e1: 10.0.0.7, e2: 10.0.0.8', 'workers: [w1]\netcd: [m1, e1, e2]\n');
    expect(await readDeclaration(context, addEtcd, { ...none, file: [fileWith(grown)] })).toMatchObject({
      targets: ['e1', 'e2'],
    });
  });

  it('can not be both, nor nothing, nor of a cluster that nobody knows', async () => {
    const { read } = await withRecord();
    await expect(read({})).rejects.toThrow('add-worker needs to know which hosts');
    await expect(read({ host: ['w2=10.0.0.5'], file: ['x.yaml'] })).rejects.toMatchObject({ code: 'KHA1001' });
    const unknown = readDeclaration(fakeContext({ store: createMemoryStore() }), addWorker, {
      ...none,
      host: ['w2=10.0.0.5'],
    });
    await expect(unknown).rejects.toMatchObject({ code: 'KHA1002' });
  });
});

describe('the declaration of another way to the API', () => {
  const other = (more = '') => text('w1: 10.0.0.4', `loadBalancer: {mode: slb, address: 10.0.0.9}\n${more}`);
  const read = async (content?: string) => {
    const { context, digest } = await withRecord();
    const file = content === undefined ? [] : [fileWith(content)];
    return { context, digest, reading: readDeclaration(context, configureLoadBalancer, { ...none, file }) };
  };

  it('is a file that differs in the load balancer alone', async () => {
    const { digest, reading } = await read(other());
    const declared = await reading;
    expect(declared).toMatchObject({ leaving: { names: [], before: { name: 'demo' } }, basis: digest });
    expect(declared.loaded.cluster.loadBalancer.address).toBe('10.0.0.9');
    const more = await read(other('parallelism: 7\n'));
    await expect(more.reading).rejects.toMatchObject({ code: 'KHA1005' });
    expect(more.context.talk.join('\n')).toContain('parallelism');
    expect(more.context.talk.join('\n')).not.toContain('10.0.0.9');
  });

  it('has hosts with it that are nothing else', async () => {
    const { reading } = await read(
      text('w1: 10.0.0.4, l1: 10.0.0.7', 'workers: [w1]\nloadBalancer: {hosts: [w1, l1], address: 10.0.0.9}\n'),
    );
    expect(hostsToEnrol(await reading).map((h) => h.name)).toEqual(['l1']);
    const alone = await read(text('w1: 10.0.0.4, w2: 10.0.0.5', 'loadBalancer: {mode: slb, address: 10.0.0.9}\n'));
    await expect(alone.reading).rejects.toMatchObject({ code: 'KHA1005' });
  });

  it('is the record for those who were left behind', async () => {
    const { digest, reading } = await read();
    expect(await reading).toMatchObject({ leaving: { names: [] }, basis: digest });
  });

  it('is no other program of the same way, and no leap', async () => {
    const program = await read(text('w1: 10.0.0.4', 'loadBalancer: {mode: haproxy}\n'));
    await expect(program.reading).rejects.toMatchObject({ code: 'KHA1005' });
    const leap = await read(text('w1: 10.0.0.4', 'loadBalancer: {port: 9443}\n'));
    await expect(leap.reading).rejects.toMatchObject({ code: 'KHA2001' });
  });
});

describe('the declaration of a reset', () => {
  it('of the cluster is the whole record, and nothing is left of it', async () => {
    const { context, digest } = await withRecord();
    const declared = await readDeclaration(context, resetCluster, none);
    expect(declared).toMatchObject({ leaving: { names: ['m1', 'w1'] }, basis: digest });
    expect(declared.loaded.cluster).toMatchObject({ hosts: [], roles: { masters: [], workers: [] } });
    for (const some of [{ host: ['w1'] }, { file: ['x.yaml'] }])
      await expect(readDeclaration(context, resetCluster, { ...none, ...some })).rejects.toMatchObject({
        code: 'KHA1001',
      });
  });

  it('of hosts takes them for whatever they may have been, and leaves the record alone', async () => {
    const { context } = await withRecord();
    const declared = await readDeclaration(context, resetNode, { ...none, host: ['w2=10.0.0.5'] });
    expect(declared.isUnrecorded).toBe(true);
    expect(declared.loaded.cluster.roles.workers).toEqual(['w1']);
    expect(declared.leaving?.before.roles).toMatchObject({ masters: ['m1', 'w2'], workers: ['w1', 'w2'] });
    expect(hostsToEnrol(declared).map((h) => h.name)).toEqual(['w2']);
  });

  it('needs no record where a file has the settings', async () => {
    const file = fileWith(text('w1: 10.0.0.4'));
    const context = fakeContext({ store: createMemoryStore() });
    const declared = await readDeclaration(context, resetNode, { ...none, file: [file], host: ['w1'] });
    expect(declared.leaving?.names).toEqual(['w1']);
  });

  it('never is for a member of any cluster', async () => {
    const { context } = await withRecord();
    for (const host of ['w1', 'm1', 'new=10.0.0.4']) {
      const reading = readDeclaration(context, resetNode, { ...none, host: [host] });
      await expect(reading, host).rejects.toMatchObject({ code: 'KHA2001' });
    }
    const file = fileWith(text('w1: 10.0.0.4').replace('demo', 'other'));
    const reading = readDeclaration(context, resetNode, { ...none, file: [file], host: ['w1'] });
    await expect(reading).rejects.toThrow('is a host of demo');
  });
});

it('an operation for all hosts takes none by name', async () => {
  const { context } = await withRecord();
  await expect(readDeclaration(context, initCluster, { ...none, host: ['w2=10.0.0.5'] })).rejects.toThrow(
    'init-cluster is for all hosts',
  );
});

describe('the declaration of recover-cluster', () => {
  it('is the record without the hosts that are lost, and for all others', async () => {
    const { context, digest } = await withRecord();
    const declared = await readDeclaration(context, recoverCluster, { ...none, lost: ['w1,w1'] });
    expect(declared).toMatchObject({ leaving: { names: ['w1'] }, basis: digest });
    expect(declared.targets).toBeUndefined();
    expect(declared.loaded.cluster.hosts.map((h) => h.name)).toEqual(['m1']);
    expect(await readDeclaration(context, recoverCluster, none)).toMatchObject({ leaving: { names: [] } });
  });

  it('knows who is lost, and leaves a master', async () => {
    const { context } = await withRecord();
    for (const lost of [['w9'], ['m1']])
      await expect(readDeclaration(context, recoverCluster, { ...none, lost })).rejects.toMatchObject({
        code: 'KHA2001',
      });
    await expect(readDeclaration(context, recoverCluster, { ...none, host: ['w1'] })).rejects.toThrow('for all hosts');
    await expect(readDeclaration(context, addWorker, { ...none, lost: ['w1'] })).rejects.toThrow(
      '--lost is for recover-cluster',
    );
  });
});
