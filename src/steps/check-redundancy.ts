import { step } from '../graph/step.ts';
import { kernelPackages } from './kernel-packages.ts';

export const checkRedundancy = step({
  id: 'check-redundancy',
  title: 'The cluster can do without the host',
  why: 'A host goes only while the others are whole: all members of etcd agree, every API server is ready, and no more workers are away than may be.',
  after: [kernelPackages],
  hosts: (cluster) => cluster.hosts,
  needsCluster: true,
  activity: 'checkRedundancy',
  policy: 'gate',
});
