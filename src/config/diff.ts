import type { Cluster, Host } from '../cluster/cluster.ts';
import { formatPath, type Path } from '../cluster/issue.ts';
import { canonicalJson } from '../formats/digest.ts';
import { isPlainMap } from './yaml-source.ts';

/** One setting that differs; `undefined` on one side: it is not there. */
export interface ClusterChange {
  /** Path as in the cluster file, for example `hosts.m1.address`. */
  path: string;
  before: unknown;
  after: unknown;
}

/** What another declaration changes; empty where the two mean the same. Derived fields are left out. */
export function diffClusters(recorded: Cluster, declared: Cluster): ClusterChange[] {
  return compare([], view(recorded), view(declared));
}

/** The cluster with lists of named things as maps, so that their order and position do not matter to the diff. */
function view(cluster: Cluster): Record<string, unknown> {
  const { hosts, roles, kubernetes, etcd, loadBalancer, runtime, ...rest } = cluster;
  const { release: _release, ...ofKubernetes } = kubernetes;
  return {
    ...rest,
    hosts: Object.fromEntries(hosts.map((host) => [host.name, viewHost(host)])),
    masters: roles.masters,
    workers: [...roles.workers].sort(),
    kubernetes: ofKubernetes,
    etcd: { ...etcd, hosts: roles.etcd },
    loadBalancer: { ...loadBalancer, hosts: roles.lb },
    runtime: {
      ...runtime,
      registries: Object.fromEntries(runtime.registries.map(({ name, ...registry }) => [name, registry])),
    },
  };
}

/** As in the file: `ssh` without what follows from the host itself. */
function viewHost({ address, connection }: Host): Record<string, unknown> {
  const { name: _name, address: sshAddress, ...ssh } = connection;
  return { address, ssh: sshAddress === address ? ssh : { address: sshAddress, ...ssh } };
}

function compare(path: Path, before: unknown, after: unknown): ClusterChange[] {
  if (isPlainMap(before) && isPlainMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => compare([...path, key], before[key], after[key]));
  }
  // What comes from the store has its keys sorted.
  if (canonicalJson(before) === canonicalJson(after)) return [];
  // A host that comes or goes is named by its address; the rest of it would only hide the news.
  const brief = (value: unknown): unknown =>
    path[0] === 'hosts' && path.length === 2 && isPlainMap(value) ? value.address : value;
  return [{ path: formatPath(path), before: brief(before), after: brief(after) }];
}
