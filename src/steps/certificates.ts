import { isEtcd, isMaster, isWorker } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { createAuthorities } from './create-authorities.ts';

export const certificates = step({
  id: 'certificates',
  title: 'Certificates',
  why: 'Every host gets keys of its own, signed by the cluster; those that are there and still good stay as they are.',
  after: [createAuthorities],
  hosts: (cluster) => cluster.hosts.filter((h) => isMaster(cluster, h) || isWorker(cluster, h) || isEtcd(cluster, h)),
  activity: 'issueCertificates',
  policy: 'quick',
});
