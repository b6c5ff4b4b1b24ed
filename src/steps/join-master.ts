import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { apiServerFiles } from './api-server-files.ts';
import { certificates } from './certificates.ts';
import { pullImages } from './images.ts';
import { initFirstMaster } from './init-first-master.ts';
import { loadBalancer } from './load-balancer.ts';

export const joinMaster = step({
  id: 'join-master',
  title: 'Join the other masters',
  why: 'One by one, each behind a healthy control plane, so that no moment has two that come up at once.',
  after: [initFirstMaster, pullImages, loadBalancer, certificates, apiServerFiles],
  hosts: (cluster) => masters(cluster).slice(1),
  order: 'one-by-one',
  activity: 'joinMaster',
  policy: 'conversation',
});
