import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { kubeadmConfig } from '../../../src/steps/kubeadm-config.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const directory = mkdtempSync(join(tmpdir(), 'kha-kubeadm-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** As `kubeadm init` leaves it, lists like its own included. */
const before = `apiServer:
  certSANs:
  - localhost
  - 127.0.0.1
  - 10.0.0.1
  - 10.0.0.2
  - 10.0.0.9
  extraArgs:
  - name: profiling
    value: "false"
apiVersion: kubeadm.k8s.io/v1beta4
controlPlaneEndpoint: 10.0.0.9:8443
etcd:
  external:
    caFile: /etc/kubernetes/pki/etcd/ca.crt
    endpoints:
    - https://10.0.0.1:2379
    - https://10.0.0.2:2379
    - https://10.0.0.9:2379
kind: ClusterConfiguration
`;

const effectFor = (cluster: Cluster) => {
  const [host] = cluster.hosts;
  const effect = host && kubeadmConfig.effects?.({ cluster, next: cluster, facts: {}, targets: [] }, host)[0];
  if (effect?.kind !== 'command') throw new Error('it is a command');
  return effect;
};
const run = (script: string): string =>
  execFileSync('bash', ['-c', script], {
    env: { PATH: `${directory}:${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
  });

it('names those that are there, and leaves all else as it was', async () => {
  const effect = effectFor(
    await clusterFrom('{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3}, masters: [m1, m2, m3]}'),
  );
  const [record, given] = [join(directory, 'record'), join(directory, 'given')];
  writeFileSync(record, before);
  writeFileSync(
    join(directory, 'kubectl'),
    `#!/bin/bash\nfor w in "$@"; do case $w in get) cat ${record};; --from-literal=*) printf %s "\${w#*ClusterConfiguration=}" >${given};; esac; done\n`,
    { mode: 0o755 },
  );
  expect(run(effect.look)).not.toBe(effect.want);
  run(effect.act);
  const after = readFileSync(given, 'utf8');
  expect(after).toBe(before.replace('10.0.0.9:8443', '127.0.0.1:8443').replaceAll('10.0.0.9', '10.0.0.3'));
  writeFileSync(record, after);
  expect(run(effect.look)).toBe(effect.want);
});
