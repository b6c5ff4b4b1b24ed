import type { Cluster } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { ADMIN_CONF } from '../cluster/paths.ts';
import { masters } from '../cluster/role.ts';
import { type Command, sh } from '../formats/sh.ts';
import { ownApiServerReady } from '../parts/own-api-server.ts';
import type { Reader, Session } from './session.ts';

/**
 * kubectl on a host, as the cluster's administrator by default. No request may hang longer than ten seconds, and the whole of it no
 * longer than `seconds`: it asks a silent server four times what it can do.
 */
export const kubectl = (args: Command, { kubeconfig = ADMIN_CONF, seconds = 15 } = {}): Command =>
  sh`timeout ${seconds} kubectl --kubeconfig ${kubeconfig} --request-timeout 10s ${args}`;

/** The first master, none of `except`, whose API server is ready; KHA3302 when none is. */
export async function readyMaster<S extends Reader = Session>(
  cluster: Cluster,
  session: (host: string) => S,
  except: readonly string[] = [],
): Promise<S> {
  const reasons: string[] = [];
  for (const master of masters(cluster)) {
    if (except.includes(master.name)) continue;
    const candidate = session(master.name);
    try {
      const result = await candidate.look(`is the API server of ${master.name} ready`, ownApiServerReady(master));
      if (result.exitCode === 0) return candidate;
      reasons.push(`${master.name}: ${result.stderr.trim() || `exit code ${result.exitCode}`}`);
    } catch (error) {
      reasons.push(`${master.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new KhaError('no master has an API server that is ready', {
    code: 'KHA3302',
    blame: 'cluster',
    lastLines: reasons,
  });
}
