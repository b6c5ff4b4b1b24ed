import { isEtcd, isNode } from '../cluster/role.ts';
import { step } from '../graph/step.ts';

export const renewedCertificates = step({
  id: 'renewed-certificates',
  title: 'Certificates that are due',
  why: 'All that end soon are issued anew for the keys that are there, each file in one step; nothing is started anew yet. Where all have expired, etcd and the API servers find each other again by this.',
  hosts: (cluster) => cluster.hosts.filter((host) => isNode(cluster, host) || isEtcd(cluster, host)),
  activity: 'renewCertificates',
  policy: 'quick',
});
