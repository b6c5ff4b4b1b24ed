import { isIPv6 } from 'node:net';
import type { Cluster, Host } from '../../cluster/cluster.ts';
import { KhaError } from '../../cluster/error.ts';
import { masters } from '../../cluster/role.ts';
import { sh } from '../../formats/sh.ts';
import type { Handler } from '../command.ts';
import type { KubeconfigInput } from '../commands/kubeconfig.ts';
import type { Context } from '../context.ts';
import { notFound, usageError } from '../errors.ts';
import { entryFrom } from '../kubeconfig/entry.ts';
import { mergeKubeconfig, standalone } from '../kubeconfig/merge.ts';
import { kubeconfigPaths, readKubeconfigs, writeKubeconfig } from '../kubeconfig/write.ts';
import { recorded } from '../recorded.ts';

const API_PORT = 6443;

export const run: Handler<KubeconfigInput> = async (context, { args, options }) => {
  if (options.server !== undefined && !/^https:\/\/[^/]+$/.test(options.server))
    throw usageError(`--server ${options.server} is no address of an API server.`, 'Give it as https://HOST:PORT.');
  const { cluster } = await recorded(context, args.cluster);
  const { text, master } = await readAdminConf(context, cluster, options.from);
  const entry = entryFrom(text, {
    cluster: cluster.name,
    context: options.context ?? cluster.name,
    server: options.server ?? serverOf(cluster, master),
  });
  if (!options.merge || options.print) context.print(standalone(entry).trimEnd());
  if (!options.merge) return;
  const files = await readKubeconfigs(kubeconfigPaths(context.env));
  for (const file of mergeKubeconfig(files, entry)) {
    const backup = await writeKubeconfig(file.path, file.text);
    context.say(
      `${context.paintTalk('green', '✔')} ${file.path}${backup === undefined ? '' : `  (before: ${backup})`}`,
    );
  }
  context.say(`The current context is ${entry.context.name}. Try it: kubectl get nodes`);
};

/** 127.0.0.1 of a node-local balancer means something on nodes only, so it is never used here. */
export function serverOf(cluster: Cluster, master: Host): string {
  const { address, port } = cluster.loadBalancer;
  const host = (ip: string): string => (isIPv6(ip) ? `[${ip}]` : ip);
  return address === undefined ? `https://${host(master.address)}:${API_PORT}` : `https://${host(address)}:${port}`;
}

/** From the first master that has it; what the others said is told only where none has. */
async function readAdminConf(
  context: Context,
  cluster: Cluster,
  from: string | undefined,
): Promise<{ text: string; master: Host }> {
  const all = masters(cluster);
  const asked = from === undefined ? all : all.filter((m) => m.name === from || m.address === from);
  if (asked.length === 0)
    throw notFound(`${cluster.name} has no master ${from}.`, `Its masters: ${all.map((m) => m.name).join(', ')}`);
  const ssh = await context.ssh(cluster.name);
  const trouble: string[] = [];
  let unreachable: KhaError | undefined;
  for (const master of asked) {
    try {
      const { exitCode, stdout, stderr } = await ssh.exec(master.connection, sh`cat /etc/kubernetes/admin.conf`, {
        timeoutMs: 30_000,
      });
      if (exitCode === 0) return { text: stdout, master };
      trouble.push(`${master.name}: ${stderr.trim()}`);
    } catch (error) {
      if (!(error instanceof KhaError)) throw error;
      unreachable = error;
      trouble.push(`${master.name}: ${error.message}`);
    }
  }
  if (unreachable && trouble.length === 1) throw unreachable;
  throw new KhaError(`No master of ${cluster.name} gave its /etc/kubernetes/admin.conf.`, {
    code: 'KHA1023',
    blame: unreachable ? 'host' : 'cluster',
    hint: `Is the cluster initialised? See: kha status ${cluster.name}`,
    lastLines: trouble,
  });
}
