import { type Cluster, type Host, hostsNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { formatPath } from '../cluster/issue.ts';
import type { Role } from '../cluster/role.ts';
import { listOf, rolePaths } from '../cluster/role-lists.ts';
import { addHosts } from '../config/add-hosts.ts';
import { demandBeside, isMoved, movedTo } from '../config/move-load-balancer.ts';
import { removeHosts, withoutHosts } from '../config/remove-hosts.ts';
import { removeRole } from '../config/remove-role.ts';
import { withOwnWays } from '../config/stages.ts';
import { diffClusters } from '../config/diff.ts';
import type { LoadedCluster } from '../config/load.ts';
import type { Operation } from '../graph/operation.ts';
import { namesFiles, readCluster, type SourceChoice } from './cluster-source.ts';
import type { Context } from './context.ts';
import { newlyReached } from './enrolment.ts';
import { usageError } from './errors.ts';
import { splitList } from './options.ts';
import { showChanges } from './record.ts';
import { oneCluster, recorded } from './recorded.ts';

/** What an operation is started with. */
export interface Declaration {
  loaded: LoadedCluster;
  /** Hosts that it is for; absent: all. */
  targets?: string[];
  /** Hosts that leave the cluster or a role, none perhaps where settings change, and the cluster as it was; `loaded` is without. */
  leaving?: { names: string[]; before: Cluster };
  /** Digest of the record that the declaration changes; the operation itself records the new one when it is done. */
  basis?: string;
  /** The operation has nothing to do with what is recorded. */
  isUnrecorded?: true;
}

type Choice = SourceChoice & { host: string[]; lost?: string[] };

/** Hosts that kha has to know the keys of before it starts. */
export const hostsToEnrol = ({ loaded, targets, leaving, isUnrecorded }: Declaration): Host[] => {
  if (leaving)
    return isUnrecorded ? hostsNamed(leaving.before, leaving.names) : newlyReached(leaving.before, loaded.cluster);
  return hostsNamed(loaded.cluster, targets);
};

/** Reads what the options declare for this operation. Throws as readCluster does, KHA1005 and KHA2001. */
export async function readDeclaration(context: Context, operation: Operation, choice: Choice): Promise<Declaration> {
  const words = splitList(choice.host);
  if (operation.removes === 'lost') return withoutLost(context, operation, words, choice);
  if (choice.lost !== undefined && choice.lost.length > 0)
    throw usageError(
      '--lost is for recover-cluster, where etcd has lost its quorum.',
      `Otherwise dead hosts are removed as all others: kha start-workflow remove-node --host ${splitList(choice.lost).join(',')}`,
    );
  if (operation.removes === 'cluster') return withoutAll(context, operation, words, choice);
  if (operation.removes === 'strangers') return strangers(context, operation, words, choice);
  if (operation.removes === 'members' || operation.takes) return without(context, operation, words, choice);
  if (operation.maintains) return maintained(context, operation, words, choice);
  if (operation.adds === undefined) {
    if (words.length > 0)
      throw usageError(
        `${operation.id} is for all hosts of the cluster.`,
        'Leave --host out, or choose another operation.',
      );
    return operation.changes ? changed(context, operation, choice) : { loaded: await readCluster(context, choice) };
  }
  if (words.length > 0 && namesFiles(choice))
    throw usageError('--host changes what is recorded.', 'Give either --host, or -f with the new hosts in the file.');
  return words.length > 0
    ? named(context, operation.adds, words, choice)
    : edited(context, operation, operation.adds, choice);
}

/** Members as they are recorded, some or all; or those of a file whose cluster is not there yet. */
async function maintained(
  context: Context,
  operation: Operation,
  words: string[],
  choice: Choice,
): Promise<Declaration> {
  if (operation.isWhole && words.length > 0)
    throw usageError(`${operation.id} is for all hosts of the cluster: none can be left out.`, 'Leave --host out.');
  const loaded = namesFiles(choice) ? await readCluster(context, choice) : await theRecord(context, choice);
  const { cluster } = loaded;
  const stranger = words.find((name) => !cluster.hosts.some((h) => h.name === name));
  if (stranger !== undefined)
    throw new KhaError(`${stranger} is no host of ${cluster.name}.`, {
      code: 'KHA2001',
      blame: 'configuration',
      hint: `Nothing was touched. Hosts are: ${cluster.hosts.map((h) => h.name).join(', ')}.`,
    });
  const targets = words.length > 0 ? { targets: [...new Set(words)] } : {};
  const record = await (await context.store()).getCluster(cluster.name);
  if (record === undefined) return { loaded, ...targets, isUnrecorded: true };
  // How kha works may be told by the same file.
  const former = (await recorded(context, cluster.name)).cluster;
  const before = { ...withOwnWays(former, cluster), hosts: former.hosts };
  const changes = diffClusters(before, cluster);
  if (changes.length > 0) {
    context.say(`What is declared differs from what is recorded of ${cluster.name}:\n`);
    showChanges(context, changes);
    throw new KhaError(`${operation.id} is for the cluster as it is.`, {
      code: 'KHA1005',
      blame: 'configuration',
      hint: `Nothing was touched. Change the cluster first: kha apply; or leave the file out: --cluster ${cluster.name}`,
    });
  }
  return { loaded, ...targets, basis: record.cluster };
}

/** The record without hosts, or without a role of theirs, that the command line names. */
async function without(context: Context, operation: Operation, words: string[], choice: Choice): Promise<Declaration> {
  if (words.length === 0) throw usageError(`${operation.id} needs to know which hosts.`, 'Name them: --host w3');
  if (namesFiles(choice))
    throw usageError('--host changes what is recorded.', 'Leave -f and -i out; name the cluster with --cluster.');
  const { record, cluster } = await recorded(context, await oneCluster(context, choice.cluster));
  const rest = operation.takes ? removeRole(cluster, operation.takes, words) : removeHosts(cluster, words);
  return {
    loaded: fromRecord(rest, record.sources),
    leaving: { names: [...new Set(words)], before: cluster },
    basis: record.cluster,
  };
}

/** The record without the hosts that are lost, and with all others as they are. */
async function withoutLost(
  context: Context,
  operation: Operation,
  words: string[],
  choice: Choice,
): Promise<Declaration> {
  const { record, cluster } = await allRecorded(context, operation, words, choice);
  const names = [...new Set(splitList(choice.lost ?? []))];
  return {
    loaded: fromRecord(removeHosts(cluster, names, 'lost'), record.sources),
    leaving: { names, before: cluster },
    basis: record.cluster,
  };
}

/** Nothing is left of the record. */
async function withoutAll(
  context: Context,
  operation: Operation,
  words: string[],
  choice: Choice,
): Promise<Declaration> {
  const { record, cluster } = await allRecorded(context, operation, words, choice);
  const names = cluster.hosts.map((h) => h.name);
  return {
    loaded: fromRecord(withoutHosts(cluster, names), record.sources),
    leaving: { names, before: cluster },
    basis: record.cluster,
  };
}

/** What is recorded, for an operation on all of it; throws where hosts or files are named. */
async function allRecorded(
  context: Context,
  operation: Operation,
  words: string[],
  choice: Choice,
): ReturnType<typeof recorded> {
  if (words.length > 0 || namesFiles(choice))
    throw usageError(
      `${operation.id} is for all hosts of what is recorded.`,
      `Leave --host, -f and -i out; name the cluster with --cluster${operation.removes === 'lost' ? ', and hosts that are gone for good with --lost' : ''}.`,
    );
  return recorded(context, await oneCluster(context, choice.cluster));
}

/** Hosts that are no members: the settings are those of the record or of a file, and what the hosts once were is not known. */
async function strangers(
  context: Context,
  operation: Operation,
  words: string[],
  choice: Choice,
): Promise<Declaration> {
  if (words.length === 0)
    throw usageError(`${operation.id} needs to know which hosts.`, 'Name them: --host w3=10.0.0.13');
  const loaded = namesFiles(choice) ? await readCluster(context, choice) : await theRecord(context, choice);
  const { cluster, names } = addHosts(loaded.cluster, 'worker', words);
  await demandStrangers(context, operation, cluster, names);
  const { masters, workers, etcd } = cluster.roles;
  const all = (role: readonly string[]): string[] => [...new Set([...role, ...names])];
  const roles = { ...cluster.roles, masters: all(masters), workers: all(workers), etcd: all(etcd) };
  return { loaded, leaving: { names, before: { ...cluster, roles } }, isUnrecorded: true };
}

async function theRecord(context: Context, choice: Choice): Promise<LoadedCluster> {
  const { record, cluster } = await recorded(context, await oneCluster(context, choice.cluster));
  return fromRecord(cluster, record.sources);
}

/** Throws KHA2001 for a host that some recorded cluster has. */
async function demandStrangers(
  context: Context,
  operation: Operation,
  cluster: Cluster,
  names: readonly string[],
): Promise<void> {
  const store = await context.store();
  const addresses = hostsNamed(cluster, names).map((h) => h.address);
  for (const record of await store.listClusters()) {
    const { hosts } = await store.getObject<Cluster>(record.cluster);
    const member = hosts.find(
      (h) => addresses.includes(h.address) || (record.name === cluster.name && names.includes(h.name)),
    );
    if (!member) continue;
    throw new KhaError(
      `${member.name} (${member.address}) is a host of ${record.name}; ${operation.id} is for others.`,
      {
        code: 'KHA2001',
        blame: 'configuration',
        hint: `Nothing was touched. To take it out: kha start-workflow remove-node --cluster ${record.name} --host ${member.name}`,
      },
    );
  }
}

const fromRecord = (cluster: Cluster, sources: string[]): LoadedCluster => ({
  cluster,
  sources,
  findings: [],
  files: [],
  secrets: [],
});

/** The record, and hosts from the command line. */
async function named(
  context: Context,
  role: NonNullable<Operation['adds']>,
  words: string[],
  choice: Choice,
): Promise<Declaration> {
  const { record, cluster: before } = await recorded(context, await oneCluster(context, choice.cluster));
  const { cluster, names } = addHosts(before, role, words);
  return {
    loaded: fromRecord(cluster, record.sources),
    targets: names,
    basis: record.cluster,
  };
}

/** A cluster file that has hosts in the role which the record has not; in nothing else may it differ. */
async function edited(context: Context, operation: Operation, role: Role, choice: Choice): Promise<Declaration> {
  if (!namesFiles(choice))
    throw usageError(
      `${operation.id} needs to know which hosts.`,
      `Name them: --host w3=10.0.0.13; or give the cluster file with them: -f cluster.yaml`,
    );
  const loaded = await readCluster(context, choice);
  const { record, cluster: before } = await recorded(context, loaded.cluster.name);
  const list = formatPath(rolePaths[listOf[role]]);
  const targets = newIn(before, loaded.cluster);
  const others = diffClusters(before, loaded.cluster).filter(
    ({ path }) => path !== list && !targets.some((name) => path === `hosts.${name}` || path === `hosts["${name}"]`),
  );
  if (targets.length === 0)
    throw usageError(
      `The file has no host that ${before.name} has not already.`,
      'Write the new ones under hosts, and their names in the role.',
    );
  if (others.length > 0) {
    context.say(`What is declared differs from what is recorded of ${before.name} in more than new hosts:\n`);
    showChanges(context, others);
    throw new KhaError(`${operation.id} can't carry that out.`, {
      code: 'KHA1005',
      blame: 'configuration',
      hint: 'Nothing was touched. Add the hosts alone, by --host or with the rest of the file as it was; or carry out all of it: kha start-workflow init-cluster --accept-changes',
    });
  }
  return { loaded, targets, basis: record.cluster };
}

/** A cluster file that leads the record's nodes another way, and differs in nothing else; or the record, to lead there who was left behind. */
async function changed(context: Context, operation: Operation, choice: Choice): Promise<Declaration> {
  const loaded = namesFiles(choice) ? await readCluster(context, choice) : await theRecord(context, choice);
  const { record, cluster: before } = await recorded(context, loaded.cluster.name);
  const isMove = isMoved(before, loaded.cluster);
  const others = diffClusters(isMove ? movedTo(before, loaded.cluster) : before, loaded.cluster);
  if (others.length > 0) {
    context.say(
      `What is declared differs from what is recorded of ${before.name}${isMove ? ' in more than the load balancer' : ', and nodes go the same way'}:
`,
    );
    showChanges(context, others);
    throw new KhaError(`${operation.id} can't carry that out.`, {
      code: 'KHA1005',
      blame: 'configuration',
      hint: isMove
        ? 'Nothing was touched. Give the rest of the file as it was; or carry out all of it, one after another: kha apply'
        : 'Nothing was touched. It changes the address and the port of the API, and what goes with them; for all else: kha apply',
    });
  }
  demandBeside(before, loaded.cluster);
  const gone = before.hosts.map((h) => h.name).filter((name) => !loaded.cluster.hosts.some((h) => h.name === name));
  return { loaded, leaving: { names: gone, before }, basis: record.cluster };
}

const newIn = (before: Cluster, after: Cluster): string[] =>
  after.hosts.map((h) => h.name).filter((name) => !before.hosts.some((h) => h.name === name));
