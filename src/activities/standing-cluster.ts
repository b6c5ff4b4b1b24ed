import { type Cluster, comeTo, type Host, hostsNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { demandRecoverable } from '../cluster/etcd-recovery.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import { masters, pillars } from '../cluster/role.ts';
import { needsMaster, type Operation } from '../graph/operation.ts';
import type { Store } from '../ports/store.ts';
import type { PlanRequest } from './contract.ts';

/** Hosts that an operation is for, by name, and where some leave the cluster as it was. */
interface Concerned {
  targets?: readonly string[];
  leaving?: readonly string[];
  before?: Cluster;
}

/**
 * Names of the hosts whose facts an operation needs, and of `helpers`, who may be silent: those that others depend on, those that are told
 * of who comes or leaves, and those that leave.
 */
export function hostsToRead(
  operation: Operation,
  cluster: Cluster,
  { targets, leaving, before }: Concerned,
): { hosts: string[]; helpers: string[] } {
  const names = (hosts: readonly Host[]): string[] => hosts.map((h) => h.name);
  if (operation.removes === 'lost') {
    // etcd and its clients are taken apart: whoever is silent and not lost would go on by himself.
    const needed = names(pillars(cluster));
    const others = names(cluster.hosts).filter((name) => !needed.includes(name));
    return { hosts: needed, helpers: [...(leaving ?? []), ...others] };
  }
  // A member may be dead for good; what is only reset has to be there.
  if (leaving && !needsMaster(operation)) return { hosts: [...leaving], helpers: [] };
  // Who comes has to be there.
  const hosts = names(leaving ? comeTo(cluster, before) : hostsNamed(cluster, targets));
  const moved = leaving ?? hosts;
  const isToldAll =
    operation.changes !== undefined ||
    (operation.steps.some((s) => s.everywhere) && pillars(before ?? cluster).some((h) => moved.includes(h.name)));
  const others = names(isToldAll ? cluster.hosts : pillars(cluster));
  return { hosts, helpers: [...(leaving ?? []), ...others].filter((name) => !hosts.includes(name)) };
}

/** Throws KHA1005 where the record of the cluster is no longer the one that a change was made from. */
export async function demandBasis(store: Store, { cluster, basis, isUnrecorded }: PlanRequest): Promise<void> {
  if (basis === undefined || isUnrecorded) return;
  const record = await store.getCluster(cluster);
  if (record?.cluster === basis) return;
  throw new KhaError(`What is recorded of ${cluster} changed since the operation was asked for.`, {
    code: 'KHA1005',
    blame: 'configuration',
    final: true,
    hint: 'Nothing was touched. Start it again: it is made from the new record then.',
  });
}

/** Throws where the facts say that the cluster is not one on which this operation can be carried out. */
export function demandStanding(
  operation: Operation,
  cluster: Cluster,
  facts: FactsByHost,
  leaving: readonly string[] | undefined,
): void {
  if (needsMaster(operation)) demandMaster(cluster, facts);
  if (operation.removes === 'lost') demandRecoverable(cluster, facts, leaving ?? []);
}

/** Throws KHA3302 where no master is there that answers: whoever joins a cluster needs one. */
function demandMaster(cluster: Cluster, facts: FactsByHost): void {
  const answering = masters(cluster).flatMap(({ name }) => facts[name] ?? []);
  if (answering.some((master) => master.kubernetes.joined)) return;
  throw new KhaError(answering.length === 0 ? 'no master answers' : 'no master is initialised', {
    code: 'KHA3302',
    blame: 'cluster',
    // The facts have been read; another plan from them would say the same.
    final: true,
    hint:
      answering.length === 0
        ? `Asked were ${cluster.roles.masters.join(', ')}.`
        : 'There is no cluster to join yet: kha start-workflow init-cluster',
  });
}
