import type { Cluster } from '../../cluster/cluster.ts';
import { KhaError } from '../../cluster/error.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { nginx } from './nginx.ts';

const loadBalancers: Partial<Record<Cluster['loadBalancer']['mode'], LoadBalancer>> = { nginx };

/** Throws where the mode has no part; the check of the configuration says so earlier and with a place. */
export function loadBalancerOf(cluster: Cluster): LoadBalancer {
  const { mode } = cluster.loadBalancer;
  const found = loadBalancers[mode];
  if (!found) {
    throw new KhaError(`load balancer ${mode} can't be installed by this version of kha`, {
      code: 'KHA1101',
      blame: 'configuration',
      hint: `Set loadBalancer.mode to one of: ${Object.keys(loadBalancers).join(', ')}.`,
    });
  }
  return found;
}
