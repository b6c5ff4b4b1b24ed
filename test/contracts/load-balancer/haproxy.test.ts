import { loadBalancerContract } from './load-balancer.contract.ts';

loadBalancerContract('haproxy', { checks: true });
