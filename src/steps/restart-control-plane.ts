import { isEtcd, isMaster } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { renewedCertificates } from './renewed-certificates.ts';
import { restartKubelets } from './restart-kubelets.ts';

export const restartControlPlane = step({
  id: 'restart-control-plane',
  title: 'The control plane serves what is on disk',
  why: 'What has not read its certificates is started anew, one host after another and only while all others are healthy; then every port is asked what it shows.',
  // kubelet is who starts the static pods.
  after: [restartKubelets],
  afterAll: [renewedCertificates],
  hosts: (cluster) => cluster.hosts.filter((host) => isMaster(cluster, host) || isEtcd(cluster, host)),
  order: 'one-by-one',
  disruptive: true,
  activity: 'restartReaders',
  policy: 'conversation',
});
