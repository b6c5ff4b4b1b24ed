import { step } from '../graph/step.ts';
import { namesOfHosts } from './base-system.ts';
import { etcdFormed } from './etcd-formed.ts';
import { joinEtcd } from './join-etcd.ts';
import { rejoinEtcd } from './rejoin-etcd.ts';
import { joinMaster } from './join-master.ts';
import { batchesAnew, loadBalancer } from './load-balancer.ts';
import { oldBalancers } from './old-balancers.ts';

/** What hosts have that names others. */
const NAMING = [loadBalancer, etcdFormed];

export const tellAll = step({
  id: 'tell-all',
  title: 'All hosts know the new ones',
  why: 'A load balancer sends nothing to an API server that is not there yet: it is told once the master has joined.',
  afterAll: [joinEtcd, joinMaster, rejoinEtcd, oldBalancers],
  hosts: (cluster) => cluster.hosts,
  everywhere: true,
  batches: batchesAnew,
  skipWhen: ({ cluster, facts }, { name }) =>
    facts[name] === undefined &&
    `it does not answer; once it is back: kha start-workflow init-cluster --cluster ${cluster.name}`,
  effects: (context, host) => [
    namesOfHosts(context.cluster, host),
    ...NAMING.filter((s) => s.hosts(context.cluster).includes(host)).flatMap((s) => s.effects?.(context, host) ?? []),
  ],
  policy: 'install',
});
