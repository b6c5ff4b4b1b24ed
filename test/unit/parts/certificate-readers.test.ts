import { spawn } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { sh } from '../../../src/formats/sh.ts';
import { certificateReaders, NEWER_FILES } from '../../../src/parts/certificate-readers.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { run, temporaryDirectory } from '../../fakes/shell.ts';

describe('who reads which certificate at its start alone', () => {
  const of = async (host: string, version: string) => {
    const cluster = await clusterFrom(`
name: demo
kubernetes: { version: ${version} }
hosts: { m1: 10.0.0.1, e1: 10.0.0.3, e2: 10.0.0.5, w1: 10.0.0.4 }
masters: [m1]
etcd: { hosts: [m1, e1, e2] }
workers: [w1]
`);
    return Object.fromEntries(certificateReaders(cluster, hostNamed(cluster, host)).map((r) => [r.name, r.reads]));
  };

  it('are the components of a master, in the order of their needs', async () => {
    const found = await of('m1', '1.37.2');
    expect(Object.keys(found)).toEqual(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']);
    expect(found).toEqual({
      etcd: ['/etc/kubernetes/pki/etcd/ca.crt'],
      'kube-apiserver': ['/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/pki/etcd/ca.crt'],
      'kube-controller-manager': ['/etc/kubernetes/controller-manager.conf', '/etc/kubernetes/pki/ca.crt'],
      'kube-scheduler': ['/etc/kubernetes/scheduler.conf'],
    });
    expect((await of('m1', '1.36.1'))['kube-apiserver']).toContain('/etc/kubernetes/pki/apiserver-kubelet-client.crt');
  });

  it('are etcd alone where it has a host of its own, and nobody on a worker', async () => {
    expect(Object.keys(await of('e1', '1.37.2'))).toEqual(['etcd']);
    expect(await of('w1', '1.37.2')).toEqual({});
  });
});

describe('files newer than a process', () => {
  it('are those written since it started, whatever their names', async () => {
    const directory = temporaryDirectory();
    const path = (name: string): string => join(directory, name);
    writeFileSync(path('old'), '');
    utimesSync(path('old'), new Date(), new Date(Date.now() - 2_000));
    const child = spawn('sleep', ['60']);
    try {
      await new Promise((resolve) => setTimeout(resolve, 200));
      writeFileSync(path('a new one'), '');
      const files = [path('old'), path('a new one'), path('absent')];
      const newer = async (pid: number | undefined): Promise<string> =>
        (await run(sh`${NEWER_FILES}\nkha_newer ${pid ?? 0} ${files}`)).stdout;
      expect(await newer(child.pid)).toBe(`${path('a new one')}\n`);
      expect(await newer(999_999_999)).toBe('');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
