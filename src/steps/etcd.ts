import type { Cluster, Host } from '../cluster/cluster.ts';
import { ETCD_CONFIGURATION, ETCD_MANIFEST } from '../cluster/paths.ts';
import { etcdHosts } from '../cluster/role.ts';
import { absent } from '../graph/effects/absent.ts';
import { directory } from '../graph/effects/directory.ts';
import { file } from '../graph/effects/file.ts';
import { images } from '../graph/effects/image.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { step } from '../graph/step.ts';
import { etcdConfiguration, etcdManifest } from '../parts/etcd.ts';
import { noContainer } from '../parts/no-container.ts';
import { certificates } from './certificates.ts';
import { standaloneKubelet } from './standalone-kubelet.ts';

export const etcd = step({
  id: 'etcd',
  title: 'etcd',
  why: 'The memory of the cluster. All members start at once, since a new one waits for the others.',
  after: [standaloneKubelet, certificates],
  hosts: etcdHosts,
  effects: ({ cluster, facts }, host) =>
    etcdEffects(cluster, host, etcdConfiguration(cluster, host, facts[host.name]?.etcd?.state ?? 'new')),
  policy: 'install',
});

/** No member runs; its data stay. */
export const etcdStopped = (cluster: Cluster): Effect[] => [absent(ETCD_MANIFEST), noContainer(cluster, ['etcd'])];

/** A member that runs with this configuration. */
export const etcdEffects = (cluster: Cluster, host: Host, configuration: string): Effect[] => [
  images([cluster.etcd.image, cluster.runtime.pauseImage]),
  directory(cluster.etcd.dataDir, '700'),
  file(ETCD_CONFIGURATION, configuration),
  file(ETCD_MANIFEST, etcdManifest(cluster, host), { mode: '600' }),
];
