import { nodes } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { renewedCertificates } from './renewed-certificates.ts';

export const restartKubelets = step({
  id: 'restart-kubelets',
  title: 'kubelets serve what is on disk',
  why: 'kubelet reads most of its certificates at its start alone. Only one that has not read them is started anew, and the pods of its node go on.',
  after: [renewedCertificates],
  hosts: nodes,
  activity: 'restartKubelet',
  policy: 'install',
});
