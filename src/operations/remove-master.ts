import { operation } from '../graph/operation.ts';
import { checkHealth } from '../steps/check-health.ts';
import { kubeadmConfig } from '../steps/kubeadm-config.ts';
import { leaveRole } from '../steps/leave-role.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { firstMaster } from '../steps/first-master.ts';
import { tellAll } from '../steps/tell-all.ts';

export const removeMaster = operation({
  id: 'remove-master',
  title: 'Take workers out of the masters',
  why: 'The control plane shrinks by hosts that stay workers: told of to no load balancer any more, then without API server and keys. A host that is nothing but a master leaves by remove-node.',
  takes: 'master',
  steps: [tellAll, firstMaster, kubeadmConfig, leaveRole, nodeLabels, checkHealth],
});
