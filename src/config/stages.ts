import type { Cluster, Host } from '../cluster/cluster.ts';
import { type Finding, KhaError } from '../cluster/error.ts';
import { formatPath, type Path } from '../cluster/issue.ts';
import { controlPlaneEndpoint } from '../cluster/endpoint.ts';
import { pillars } from '../cluster/role.ts';
import { type RoleList, rolePaths, roleWords, staysWithout } from '../cluster/role-lists.ts';
import { validateCluster } from '../cluster/validate.ts';
import { diffClusters } from './diff.ts';
import { isMoved, movedTo } from './move-load-balancer.ts';
import { isEvenEtcd, withoutHosts } from './remove-hosts.ts';
import { unchangeable } from './unchangeable.ts';

/** One operation on the way from a recorded cluster to a declared one. */
export interface Stage {
  operation:
    | 'add-master'
    | 'add-worker'
    | 'add-etcd'
    | 'add-lb'
    | 'configure-load-balancer'
    | 'remove-worker'
    | 'remove-master'
    | 'remove-etcd'
    | 'remove-lb'
    | 'remove-node'
    | 'init-cluster';
  /** What is declared with it, and recorded when it is done. */
  cluster: Cluster;
  /** Names of the hosts that get a role; absent: not of such an operation. */
  targets?: string[];
  /** Names of the hosts that leave, or that give a role up; `cluster` has them no more, or has them without it. None may be named where settings change. */
  leaving?: string[];
}

export interface StagesOptions {
  /** Hosts that leave before any comes: dead ones, for which etcd would wait. */
  removeFirst?: readonly string[];
}

/** Names of the hosts that are not declared any more. */
export const leavingHosts = (recorded: Cluster, declared: Cluster): string[] =>
  recorded.hosts.map((h) => h.name).filter((name) => !declared.hosts.some((h) => h.name === name));

/**
 * The operations that make the declared cluster of the recorded one, in their order: hosts come before others leave or give roles up, so that
 * neither etcd nor the pods get less room than they have in the end; the way to the API changes when hosts have come and before others leave; then
 * settings change. Each leaves a cluster that is valid, with
 * an even number of etcd's members at worst. Empty where nothing differs. Throws KHA2001 with all that no operation can carry out.
 */
export function stagesBetween(recorded: Cluster, declared: Cluster, { removeFirst = [] }: StagesOptions = {}): Stage[] {
  const leaving = leavingHosts(recorded, declared);
  refuse(recorded, impossible(recorded, declared, leaving));
  const stages: Stage[] = [];
  let now = withOwnWays(recorded, declared);
  const push = (stage: Stage): void => {
    stages.push(stage);
    now = stage.cluster;
  };
  const remove = (names: readonly string[]): void => {
    for (const group of removalGroups(recorded, names))
      push({ operation: 'remove-node', cluster: withoutHosts(now, group), leaving: group });
  };
  const all = union(recorded, declared);
  const add = (operation: Stage['operation'], list: RoleList, lists: readonly RoleList[] = [list]): void => {
    const targets = declared.roles[list].filter((name) => !now.roles[list].includes(name));
    if (targets.length > 0) push({ operation, cluster: withMembers(now, declared, all, targets, lists), targets });
  };

  remove(leaving.filter((name) => removeFirst.includes(name)));
  // kubeadm decides at the join whether a master takes pods: it has to know both roles then.
  add('add-master', 'masters', ['masters', 'workers']);
  add('add-worker', 'workers');
  add('add-etcd', 'etcd');
  if (isMoved(now, declared)) {
    const cluster = movedTo(now, declared);
    push({ operation: 'configure-load-balancer', cluster, leaving: leavingHosts(now, cluster) });
  } else add('add-lb', 'lb');
  for (const [operation, list] of TAKING) {
    const stays = (name: string): boolean => declared.hosts.some((h) => h.name === name);
    const names = now.roles[list].filter((name) => stays(name) && !declared.roles[list].includes(name));
    const left = now.roles[list].filter((name) => !names.includes(name));
    if (names.length > 0)
      push({ operation, cluster: { ...now, roles: { ...now.roles, [list]: left } }, leaving: names });
  }
  remove(leaving.filter((name) => now.hosts.some((h) => h.name === name)));
  if (diffClusters(stages.length > 0 ? now : recorded, declared).length > 0)
    push({ operation: 'init-cluster', cluster: declared });
  refuse(recorded, invalidOnTheWay(recorded, stages.slice(0, -1)));
  return stages;
}

/** What says how kha works, and nothing of what hosts have: it counts from the first operation on. */
export function withOwnWays(recorded: Cluster, declared: Cluster): Cluster {
  const { drain, approvals, maintenance, kernel, parallelism, timeouts, preflight, hosts } = declared;
  return {
    ...recorded,
    drain,
    approvals,
    maintenance,
    kernel,
    parallelism,
    timeouts,
    preflight,
    hosts: recorded.hosts.map((host) => hosts.find((h) => h.name === host.name) ?? host),
  };
}

/** Workers together, those on whom others depend one after another. */
function removalGroups(recorded: Cluster, names: readonly string[]): string[][] {
  const depended = pillars(recorded)
    .map((h) => h.name)
    .filter((name) => names.includes(name));
  const others = names.filter((name) => !depended.includes(name));
  return [...(others.length > 0 ? [others] : []), ...depended.map((name) => [name])];
}

interface Union {
  hosts: Host[];
  roles: Cluster['roles'];
}

/** Hosts and roles of both clusters. */
function union(recorded: Cluster, declared: Cluster): Union {
  const byName = new Map([...recorded.hosts, ...declared.hosts].map((h) => [h.name, h]));
  const names = merged(
    recorded.hosts.map((h) => h.name),
    declared.hosts.map((h) => h.name),
  );
  const list = (role: RoleList): string[] => merged(recorded.roles[role], declared.roles[role]);
  return {
    hosts: names.flatMap((name) => byName.get(name) ?? []),
    roles: { masters: list('masters'), workers: list('workers'), etcd: list('etcd'), lb: list('lb') },
  };
}

/** The members of before in their order, and each new one behind whom it follows. */
function merged(before: readonly string[], after: readonly string[]): string[] {
  const list = [...before];
  for (const [i, name] of after.entries())
    if (!list.includes(name)) list.splice(list.indexOf(after[i - 1] ?? '') + 1, 0, name);
  return list;
}

/** The cluster with these hosts in the lists where they are declared. */
function withMembers(
  cluster: Cluster,
  declared: Cluster,
  all: Union,
  names: readonly string[],
  lists: readonly RoleList[],
): Cluster {
  const isThere = (name: string): boolean => cluster.hosts.some((h) => h.name === name);
  const roles = { ...cluster.roles };
  for (const list of lists)
    roles[list] = all.roles[list].filter(
      (name) => cluster.roles[list].includes(name) || (names.includes(name) && declared.roles[list].includes(name)),
    );
  return { ...cluster, hosts: all.hosts.filter((h) => isThere(h.name) || names.includes(h.name)), roles };
}

/** Who takes pods no more is drained while all are there to take them. */
const TAKING: [Stage['operation'], RoleList][] = [
  ['remove-worker', 'workers'],
  ['remove-master', 'masters'],
  ['remove-etcd', 'etcd'],
  ['remove-lb', 'lb'],
];
/** What no operation can do to a host where it stands. */
function impossible(recorded: Cluster, declared: Cluster, leaving: readonly string[]): Finding[] {
  const findings = unchangeable(recorded, declared);
  const found = (path: Path, message: string, hint: string): void =>
    void findings.push({ severity: 'error', path: formatPath(path), message, hint });
  const has = ({ roles }: Cluster, list: RoleList, name: string): boolean => roles[list].includes(name);
  for (const host of recorded.hosts) {
    const { name } = host;
    if (leaving.includes(name)) continue;
    const after = declared.hosts.find((h) => h.name === name);
    if (!after) continue;
    const anew = `Take ${name} out of the file and apply that; then put it in again, and apply again.`;
    if (after.address !== host.address)
      found(
        ['hosts', name, 'address'],
        `${name} is recorded with the address ${host.address}, not ${after.address}.`,
        `Give the new machine another name; or, to keep the name: ${anew}`,
      );
    else if (after.nodeName !== host.nodeName)
      found(['nodeNames'], `${name} is the node ${host.nodeName}; it can't become ${after.nodeName}.`, anew);
    for (const list of Object.keys(rolePaths) as RoleList[])
      if (has(recorded, list, name) && !has(declared, list, name) && !staysWithout(declared, list, name))
        found(
          rolePaths[list],
          `${name} is a ${roleWords[list]}; without that it would not be what it is to be where it stands.`,
          anew,
        );
    const isNew = (list: RoleList): boolean => has(declared, list, name) && !has(recorded, list, name);
    if (isNew('masters') && has(recorded, 'workers', name))
      found(rolePaths.masters, `${name} is a worker; a node can't become a master where it stands.`, anew);
  }
  return findings;
}

/** What the file demands at its end is valid; so must be all that is in force on the way. */
function invalidOnTheWay(recorded: Cluster, stages: readonly Stage[]): Finding[] {
  const known = new Set(validateCluster(recorded).map((issue) => issue.message));
  const findings = stages.flatMap(({ operation, cluster, targets, leaving }) =>
    validateCluster(cluster)
      .filter((issue) => issue.severity === 'error' && !known.has(issue.message) && !isEvenEtcd(cluster, issue))
      .map(
        (issue): Finding => ({
          severity: 'error',
          path: formatPath(issue.path),
          message: `After ${[operation, ...((targets ?? leaving)?.length ? [`of ${(targets ?? leaving ?? []).join(', ')}`] : [])].join(' ')}: ${issue.message}`,
          hint: 'Apply the change in two files, one after the other; or let hosts go before others come: --remove-first HOST',
        }),
      ),
  );
  return [...new Map(findings.map((f) => [f.message, f])).values()];
}

function refuse({ name }: Cluster, findings: Finding[]): void {
  if (findings.length === 0) return;
  throw new KhaError(
    `${name} can't become what is declared: ${findings.length} ${findings.length === 1 ? 'reason' : 'reasons'}.`,
    {
      code: 'KHA2001',
      blame: 'configuration',
      hint: 'Nothing was touched.',
      findings,
    },
  );
}

/** Operations that bring a new host in as well as init-cluster does. */
const ALSO_INIT: Stage['operation'][] = ['init-cluster', 'add-master', 'add-worker'];

/** Throws KHA2001 where init-cluster can't make the declared cluster of one that stands. */
export function demandSettings(recorded: Cluster, declared: Cluster): void {
  const others = stagesBetween(recorded, declared).filter(({ operation }) => !ALSO_INIT.includes(operation));
  refuse(
    recorded,
    others.map(({ operation, targets, leaving }) => ({
      severity: 'error',
      ...(operation === 'configure-load-balancer'
        ? {
            message: `All nodes go by ${controlPlaneEndpoint(recorded)}; init-cluster does not lead them to ${controlPlaneEndpoint(declared)}.`,
            hint: `That does: kha start-workflow ${operation} -f … with this file, or kha apply where it changes more.`,
          }
        : {
            message: `${operation} of ${(targets ?? leaving ?? []).join(', ')} is no part of init-cluster.`,
            hint: 'Run all that leads there, in a safe order: kha apply with this file.',
          }),
    })),
  );
}
