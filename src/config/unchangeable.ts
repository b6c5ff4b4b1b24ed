import type { Cluster } from '../cluster/cluster.ts';
import type { Finding } from '../cluster/error.ts';
import { notBeside } from './move-load-balancer.ts';

interface Row {
  path: string;
  of: (cluster: Cluster) => string | undefined;
  /** Why it stays; what is in hosts and objects all over the cluster by then. */
  why: () => string;
}

const ROWS: Row[] = [
  { path: 'kubernetes.podSubnet', of: (c) => c.kubernetes.podSubnet, why: () => 'nodes and pods have addresses of it' },
  {
    path: 'kubernetes.serviceSubnet',
    of: (c) => c.kubernetes.serviceSubnet,
    why: () => 'services have addresses of it, and certificates name the first one',
  },
  {
    path: 'kubernetes.dnsDomain',
    of: (c) => c.kubernetes.dnsDomain,
    why: () => 'certificates and running pods name it',
  },
  {
    path: 'kubernetes.version',
    of: (c) => c.kubernetes.version,
    why: () => 'an upgrade goes node by node, and this version of kha has none',
  },
  { path: 'etcd.dataDir', of: (c) => c.etcd.dataDir, why: () => 'the data of the cluster are there' },
];

/** What a file would change that no operation can change: what stays as it was when the cluster was made, and leaps of its load balancer. */
export const unchangeable = (recorded: Cluster, declared: Cluster): Finding[] => [
  ...notBeside(recorded, declared),
  ...ROWS.filter(({ of }) => of(recorded) !== of(declared)).map(
    ({ path, of, why }): Finding => ({
      severity: 'error',
      path,
      message: `${path} is ${of(recorded) ?? 'not set'} and stays so: ${why()}.`,
      hint: `Write what it was; or build another cluster with ${of(declared) ?? 'none'}.`,
    }),
  ),
];
