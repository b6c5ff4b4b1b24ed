import { etcdHosts } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { etcd } from './etcd.ts';

export const checkEtcd = step({
  id: 'check-etcd',
  title: 'etcd is healthy',
  why: 'Nothing is written to an etcd whose members are not all there and agree.',
  afterAll: [etcd],
  hosts: etcdHosts,
  forCluster: true,
  activity: 'checkEtcd',
  policy: 'gate',
});
