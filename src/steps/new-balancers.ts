import { isLb } from '../cluster/role.ts';
import { type PlanContext, step } from '../graph/step.ts';
import type { Host } from '../cluster/cluster.ts';
import { KEEPALIVED_MANIFEST } from '../parts/load-balancer/keepalived.ts';
import { certifyAddress } from './certify-address.ts';
import { loadBalancer } from './load-balancer.ts';
import { silentHost } from './silent-host.ts';
import { standaloneKubelet } from './standalone-kubelet.ts';

export const newBalancers = step({
  id: 'new-balancers',
  title: 'The new way stands beside the old one',
  why: 'Proxies, and the virtual address where there is one, serve before anybody goes by them; what nodes go by now stays.',
  after: [standaloneKubelet],
  afterAll: [certifyAddress],
  hosts: loadBalancer.hosts,
  everywhere: true,
  skipWhen: (context, host) =>
    silentHost(context, host) ||
    (servesBoth(context, host) && 'its proxy serves the host as well as those that go by the virtual address still'),
  effects: (context, host) => loadBalancer.effects?.(context, host) ?? [],
  policy: 'install',
});

/** A proxy behind a virtual address listens everywhere: once it listens for its host alone, nobody comes by that address any more. */
const servesBoth = ({ cluster, facts }: PlanContext, host: Host): boolean =>
  !isLb(cluster, host) &&
  (facts[host.name]?.kubernetes.manifests ?? []).some((name) => KEEPALIVED_MANIFEST.endsWith(`/${name}`));
