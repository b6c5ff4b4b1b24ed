import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { apiServerFiles } from './api-server-files.ts';
import { certificates } from './certificates.ts';
import { checkEtcd } from './check-etcd.ts';
import { pullImages } from './images.ts';
import { loadBalancer } from './load-balancer.ts';

export const initFirstMaster = step({
  id: 'init-first-master',
  title: 'Initialise the first master',
  why: 'kubeadm starts the control plane once; every other node joins what is there.',
  after: [pullImages, loadBalancer, certificates, apiServerFiles, checkEtcd],
  hosts: (cluster) => masters(cluster).slice(0, 1),
  activity: 'initFirstMaster',
  policy: 'conversation',
});
