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
  const names = splitList(options.host);
  const unknown = names.filter((name) => !cluster.hosts.some((h) => h.name === name));
  if (unknown.length > 0)
    throw notFound(
      `${cluster.name} has no host ${unknown.join(', ')}.`,
      `Its hosts: ${cluster.hosts.map((h) => h.name).join(', ')}`,
    );
  const hosts = names.length > 0 ? cluster.hosts.filter((h) => names.includes(h.name)) : cluster.hosts;
  const accept = options.acceptHostKeys || options.yes;
  const trusted = await enrolHosts(context, cluster, hosts, { accept, replace: options.replace });
  if (trusted === 0) context.say(`${context.paintTalk('green', '✔')} There was nothing to confirm.`);
};
