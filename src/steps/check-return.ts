import { step } from '../graph/step.ts';

export const checkReturn = step({
  id: 'check-return',
  title: 'The host does its work again',
  why: 'What the API knows of a node is from before its restart at first: so kernel settings, static pods, etcd, the boot id in the Node and a lease since the boot are looked at.',
  hosts: (cluster) => cluster.hosts,
  needsCluster: true,
  activity: 'checkReturn',
  policy: 'gate',
});
