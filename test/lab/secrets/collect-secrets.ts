import { hostRoots } from './host-processes.ts';
import { clusterTokens, hostSecrets } from './host-secrets.ts';
import { homeSecrets, type KhaEnvironment } from './home-secrets.ts';
import type { Secret } from './secret.ts';

/** Everything that is secret of a home of kha and of the clusters on these hosts. */
export async function collectSecrets(env: KhaEnvironment, hosts: readonly string[]): Promise<Secret[]> {
  const roots = hostRoots();
  const ofHosts = await Promise.all(
    hosts.map(async (host) => {
      const root = roots.get(host);
      if (root === undefined) throw new Error(`${host} is off: its secrets can't be read`);
      return [...hostSecrets(host, root), ...(await clusterTokens(host))];
    }),
  );
  return [...(await homeSecrets(env)), ...ofHosts.flat()];
}
