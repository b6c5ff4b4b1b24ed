import { loadBalancerContract } from './load-balancer.contract.ts';

loadBalancerContract('envoy', { checks: true });
