import { type Cluster, type Host, hostsNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { addHosts } from '../config/add-hosts.ts';
import { removeHosts } from '../config/remove-hosts.ts';
import { diffClusters } from '../config/diff.ts';
import type { LoadedCluster } from '../config/load.ts';
import type { Operation } from '../graph/operation.ts';
import { namesFiles, readCluster, type SourceChoice } from './cluster-source.ts';
import type { Context } from './context.ts';
import { usageError } from './errors.ts';
import { splitList } from './options.ts';
import { showChanges } from './record.ts';
import { oneCluster, recorded } from './recorded.ts';

/** What an operation is started with. */
export interface Declaration {
  loaded: LoadedCluster;
  /** Hosts that it is for; absent: all. */
  targets?: string[];
  /** Hosts that leave; `loaded` has them no more. */
  leaving?: string[];
  /** Digest of the record that the declaration changes; the operation itself records the new one when it is done. */
  basis?: string;
}

type Choice = SourceChoice & { host: string[] };

/** Hosts that kha has to know the keys of before it starts. */
export const hostsToEnrol = ({ loaded, targets, leaving }: Declaration): Host[] =>
  leaving ? [] : hostsNamed(loaded.cluster, targets);

/** Reads what the options declare for this operation. Throws as readCluster does, KHA1005 and KHA2001. */
export async function readDeclaration(context: Context, operation: Operation, choice: Choice): Promise<Declaration> {
  const words = splitList(choice.host);
  if (operation.removes) return without(context, operation, words, choice);
  if (operation.adds === undefined) {
    if (words.length > 0)
      throw usageError(
        `${operation.id} is for all hosts of the cluster.`,
        'Leave --host out, or choose another operation.',
      );
    return { loaded: await readCluster(context, choice) };
  }
  if (words.length > 0 && namesFiles(choice))
    throw usageError('--host changes what is recorded.', 'Give either --host, or -f with the new hosts in the file.');
  return words.length > 0 ? named(context, operation.adds, words, choice) : edited(context, operation, choice);
}

/** The record without hosts that the command line names. */
async function without(context: Context, operation: Operation, words: string[], choice: Choice): Promise<Declaration> {
  if (words.length === 0) throw usageError(`${operation.id} needs to know which hosts.`, 'Name them: --host w3');
  if (namesFiles(choice))
    throw usageError('--host changes what is recorded.', 'Leave -f and -i out; name the cluster with --cluster.');
  const { record, cluster } = await recorded(context, await oneCluster(context, choice.cluster));
  return {
    loaded: { cluster: removeHosts(cluster, words), sources: record.sources, findings: [], files: [], secrets: [] },
    leaving: [...new Set(words)],
    basis: record.cluster,
  };
}

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
    loaded: { cluster, sources: record.sources, findings: [], files: [], secrets: [] },
    targets: names,
    basis: record.cluster,
  };
}

/** A cluster file that has hosts in the role which the record has not; in nothing else may it differ. */
async function edited(context: Context, operation: Operation, choice: Choice): Promise<Declaration> {
  if (!namesFiles(choice))
    throw usageError(
      `${operation.id} needs to know which hosts.`,
      `Name them: --host w3=10.0.0.13; or give the cluster file with them: -f cluster.yaml`,
    );
  const loaded = await readCluster(context, choice);
  const { record, cluster: before } = await recorded(context, loaded.cluster.name);
  const list = operation.adds === 'worker' ? 'workers' : `${operation.adds}s`;
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

const newIn = (before: Cluster, after: Cluster): string[] =>
  after.hosts.map((h) => h.name).filter((name) => !before.hosts.some((h) => h.name === name));
