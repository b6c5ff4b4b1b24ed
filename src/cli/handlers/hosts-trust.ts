import { type Cluster, type Host, hostsNamed } from '../../cluster/cluster.ts';
import { addHosts } from '../../config/add-hosts.ts';
import { namesFiles, readCluster } from '../cluster-source.ts';
import type { Handler } from '../command.ts';
import type { HostsTrustInput } from '../commands/hosts-trust.ts';
import { enrolHosts } from '../enrolment.ts';
import { notFound, usageError } from '../errors.ts';
import { splitList } from '../options.ts';
import { recorded } from '../recorded.ts';

export const run: Handler<HostsTrustInput> = async (context, { args, options }) => {
  const source = { file: options.file, inventory: undefined, extraVars: [], name: undefined };
  const { cluster } = namesFiles(source) ? await readCluster(context, source) : await recorded(context, args.cluster);
  if (cluster.name !== args.cluster)
    throw usageError(`The file describes ${cluster.name}, not ${args.cluster}.`, 'Give the file of this cluster.');
  const { all, named } = hostsIn(cluster, splitList(options.host));
  const accept = options.acceptHostKeys || options.yes;
  const trusted = await enrolHosts(context, all, named, { accept, replace: options.replace });
  if (trusted === 0) context.say(`${context.paintTalk('green', '✔')} There was nothing to confirm.`);
};

/** Hosts by their names; one that is no host of the cluster, or not yet, with its address. */
function hostsIn(cluster: Cluster, words: readonly string[]): { all: Cluster; named: readonly Host[] } {
  if (words.length === 0) return { all: cluster, named: cluster.hosts };
  const known = (word: string): string | undefined =>
    cluster.hosts.find((h) => word === h.name || word === `${h.name}=${h.address}`)?.name;
  const strangers = words.filter((word) => known(word) === undefined);
  const unknown = strangers.filter((word) => !word.includes('='));
  if (unknown.length > 0)
    throw notFound(
      `${cluster.name} has no host ${unknown.join(', ')}.`,
      `Its hosts: ${cluster.hosts.map((h) => h.name).join(', ')}. Others by name and address: --host w3=10.0.0.13`,
    );
  const { cluster: all, names } = addHosts(cluster, 'worker', strangers);
  return { all, named: hostsNamed(all, [...words.flatMap((word) => known(word) ?? []), ...names]) };
}
