import { parse } from 'yaml';
import { KhaError } from '../../cluster/error.ts';

type Named = { name: string } & Record<string, unknown>;

/** One cluster, one user and one context, named alike, ready to stand in a kubeconfig among others. */
export interface KubeconfigEntry {
  cluster: Named;
  user: Named;
  context: Named;
}

/** Takes the entry out of kubeadm's admin.conf. Throws KHA1020 where that is no kubeconfig. */
export function entryFrom(
  adminConf: string,
  options: { context: string; cluster: string; server: string },
): KubeconfigEntry {
  const document = parse(adminConf) as Partial<Record<'clusters' | 'users', Record<string, unknown>[]>> | null;
  const cluster = document?.clusters?.[0]?.['cluster'];
  const user = document?.users?.[0]?.['user'];
  if (!isMap(cluster) || !isMap(user))
    throw new KhaError('/etc/kubernetes/admin.conf is no kubeconfig with a cluster and a user.', {
      code: 'KHA1020',
      blame: 'cluster',
      hint: 'Give another master with --from, or repair the file: kubeadm init phase kubeconfig admin',
    });
  const userName = `${options.cluster}-admin`;
  return {
    cluster: { name: options.cluster, cluster: { ...cluster, server: options.server } },
    user: { name: userName, user },
    context: { name: options.context, context: { cluster: options.cluster, user: userName } },
  };
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
