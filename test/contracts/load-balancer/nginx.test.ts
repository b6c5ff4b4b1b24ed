import { loadBalancerContract } from './load-balancer.contract.ts';

loadBalancerContract('nginx', { checks: false });
