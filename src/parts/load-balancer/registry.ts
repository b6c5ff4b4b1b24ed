import type { Cluster } from '../../cluster/cluster.ts';
import { KhaError } from '../../cluster/error.ts';
import { envoy } from './envoy.ts';
import { haproxy } from './haproxy.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { nginx } from './nginx.ts';
import { openresty } from './openresty.ts';

/** The balancer of mode `slb` is outside of the cluster. */
const loadBalancers: Record<Exclude<Cluster['loadBalancer']['mode'], 'slb'>, LoadBalancer> = {
  nginx,
  haproxy,
  envoy,
  openresty,
};

/** Throws where the balancer is not of kha's making. */
export function loadBalancerOf(cluster: Cluster): LoadBalancer {
  const { mode } = cluster.loadBalancer;
  if (mode === 'slb') {
    throw new KhaError(`load balancer ${mode} can't be installed by this version of kha`, {
      code: 'KHA1101',
      blame: 'configuration',
      hint: `Set loadBalancer.mode to one of: ${Object.keys(loadBalancers).join(', ')}.`,
    });
  }
  return loadBalancers[mode];
}
