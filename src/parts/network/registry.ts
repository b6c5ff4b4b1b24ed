import type { Cluster } from '../../cluster/cluster.ts';
import { KhaError } from '../../cluster/error.ts';
import { flannel } from './flannel.ts';
import type { Network } from './network.ts';

const networks: Partial<Record<Cluster['network']['plugin'], Network>> = { flannel };

/** The network that kha installs, or undefined where the cluster brings its own (`none`). */
export function networkOf(cluster: Cluster): Network | undefined {
  const { plugin } = cluster.network;
  if (plugin === 'none') return undefined;
  const found = networks[plugin];
  if (!found) {
    throw new KhaError(`network ${plugin} can't be installed by this version of kha`, {
      code: 'KHA1102',
      blame: 'configuration',
      hint: `Set network.plugin to one of: ${Object.keys(networks).join(', ')}, none.`,
    });
  }
  return found;
}
