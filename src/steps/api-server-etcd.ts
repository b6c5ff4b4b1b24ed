import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { asksAllMembers, readyWithAllMembers } from '../parts/api-server-manifest.ts';
import { joinEtcd } from './join-etcd.ts';
import { leaveEtcd } from './leave-etcd.ts';

export const apiServerEtcd = step({
  id: 'api-server-etcd',
  title: 'API servers ask all members of etcd',
  why: 'One by one: each is made anew with the new list, and has to be ready before the next one goes.',
  afterAll: [joinEtcd, leaveEtcd],
  hosts: masters,
  everywhere: true,
  disruptive: true,
  order: 'one-by-one',
  skipWhen: ({ cluster, facts }, { name }) =>
    facts[name] === undefined &&
    `it does not answer; once it is back: kha start-workflow add-etcd --cluster ${cluster.name} --host ${cluster.roles.etcd.at(-1) ?? ''}`,
  effects: ({ cluster }, host) => [asksAllMembers(cluster), readyWithAllMembers(cluster, host)],
  policy: 'install',
});
