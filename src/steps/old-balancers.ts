import { hasLoadBalancer, isLb } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { noKeepalived, noProxy } from '../parts/load-balancer/gone.ts';
import { clusterEndpoint } from './cluster-endpoint.ts';
import { credentials } from './credentials.ts';
import { kubelets } from './kubelets.ts';
import { silentHost } from './silent-host.ts';

export const oldBalancers = step({
  id: 'old-balancers',
  title: 'The old way is taken away',
  why: 'Nobody goes by it any more. A proxy that nobody asks would be one more to look after, an address that nobody expects is trouble.',
  afterAll: [credentials, kubelets, clusterEndpoint],
  hosts: (cluster) => cluster.hosts.filter((host) => !isLb(cluster, host)),
  everywhere: true,
  skipWhen: silentHost,
  effects: ({ cluster }, host) => [
    ...noKeepalived(cluster),
    ...(hasLoadBalancer(cluster, host) ? [] : noProxy(cluster)),
  ],
  policy: 'install',
});
