import { masters, nodes } from '../../src/cluster/role.ts';
import { makePlan } from '../../src/graph/make-plan.ts';
import { explainPlan } from './plan-text.ts';
import { initCluster } from '../../src/operations/init-cluster.ts';
import { kubeadmInitConfig, kubeadmJoinConfig } from '../../src/parts/kubeadm-api/registry.ts';
import { goldenCluster } from '../fakes/cluster.ts';
import { bareFacts } from '../fakes/facts.ts';

/** All that kha would write on the hosts of a golden cluster: path below `test/golden/<topology>` → content. */
export async function rendered(topology: string): Promise<Map<string, string>> {
  const cluster = await goldenCluster(topology);
  const facts = bareFacts(cluster);
  const planned = makePlan(initCluster, cluster, facts);
  // Without the digest, which changes with every field that the declaration gains.
  const tree = explainPlan(initCluster, planned, { effects: true }).replace(/^plan [0-9a-f]+\n/m, '');
  const files = new Map<string, string>([['plan.txt', tree]]);
  for (const task of planned.plan.tasks) {
    for (const effect of planned.effects[task.effects ?? ''] ?? []) {
      if (effect.kind === 'file') {
        const content = 'text' in effect.content ? effect.content.text : `(secret ${effect.content.secret})\n`;
        // etcd's configuration is written twice; the first is what etcd starts with.
        const path = `${task.host}${effect.path}${task.step === 'etcd-formed' ? '.formed' : ''}`;
        files.set(path, content);
      }
      if (effect.kind === 'block') files.set(`${task.host}${effect.path}.block`, effect.text);
      if (effect.kind === 'manifest') files.set(`${task.host}/manifests/${effect.title}.yaml`, effect.yaml);
    }
  }
  const [first, ...others] = masters(cluster);
  for (const host of nodes(cluster)) {
    const token = 'abcdef.0123456789abcdef';
    const join = { token, caPin: `sha256:${'0'.repeat(64)}`, endpoint: `${first?.address}:6443` };
    files.set(
      `${host.name}/kubeadm.yaml`,
      host === first
        ? kubeadmInitConfig(cluster, host, facts[host.name], { token, tokenTtl: '30m0s' })
        : kubeadmJoinConfig(cluster, host, facts[host.name], { ...join, controlPlane: others.includes(host) }),
    );
  }
  return files;
}
