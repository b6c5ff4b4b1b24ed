import { operation } from '../graph/operation.ts';
import { apiServerEtcd } from '../steps/api-server-etcd.ts';
import { checkHealth } from '../steps/check-health.ts';
import { kubeadmConfig } from '../steps/kubeadm-config.ts';
import { leaveEtcd } from '../steps/leave-etcd.ts';
import { leaveRole } from '../steps/leave-role.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { tellAll } from '../steps/tell-all.ts';

export const removeEtcd = operation({
  id: 'remove-etcd',
  title: 'Take nodes out of etcd',
  why: 'Nodes stop being members of etcd, one by one and only where quorum allows; their data of etcd is deleted. A host that is nothing but a member leaves by remove-node.',
  takes: 'etcd',
  steps: [tellAll, leaveEtcd, kubeadmConfig, apiServerEtcd, leaveRole, nodeLabels, checkHealth],
});
