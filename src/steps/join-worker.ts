import { isMaster, workers } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { certificates } from './certificates.ts';
import { pullImages } from './images.ts';
import { initFirstMaster } from './init-first-master.ts';
import { loadBalancer } from './load-balancer.ts';

export const joinWorker = step({
  id: 'join-worker',
  title: 'Join the workers',
  why: 'All at once: a worker needs nothing but an API server.',
  after: [initFirstMaster, pullImages, loadBalancer, certificates],
  hosts: (cluster) => workers(cluster).filter((host) => !isMaster(cluster, host)),
  activity: 'joinWorker',
  policy: 'conversation',
});
