import { masters } from '../cluster/role.ts';
import { absent } from '../graph/effects/absent.ts';
import { step } from '../graph/step.ts';
import { asksAllMembers, readyWithAllMembers, STOPPED_API_SERVER } from '../parts/api-server-manifest.ts';
import { recoverEtcd } from './recover-etcd.ts';

export const startApiServers = step({
  id: 'start-api-servers',
  title: 'API servers start',
  why: 'The cluster can be talked to again, before etcd has all its members. They no longer ask members that are lost.',
  afterAll: [recoverEtcd],
  hosts: masters,
  effects: ({ cluster }, host) => [
    asksAllMembers(cluster),
    absent(STOPPED_API_SERVER),
    readyWithAllMembers(cluster, host),
  ],
  policy: 'install',
});
