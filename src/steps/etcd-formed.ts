import { ETCD_CONFIGURATION } from '../cluster/paths.ts';
import { etcdHosts } from '../cluster/role.ts';
import { file } from '../graph/effects/file.ts';
import { step } from '../graph/step.ts';
import { etcdConfiguration } from '../parts/etcd.ts';
import { checkEtcd } from './check-etcd.ts';

export const etcdFormed = step({
  id: 'etcd-formed',
  title: 'etcd remembers that it is formed',
  why: 'A member that loses its data must join the others again, never found a cluster of its own.',
  after: [checkEtcd],
  hosts: etcdHosts,
  effects: ({ cluster }, host) => [file(ETCD_CONFIGURATION, etcdConfiguration(cluster, host, 'existing'))],
  policy: 'quick',
});
