import { operation } from '../graph/operation.ts';
import { apiServerEtcd } from '../steps/api-server-etcd.ts';
import { deleteNode } from '../steps/delete-node.ts';
import { drain } from '../steps/drain.ts';
import { kubeadmConfig } from '../steps/kubeadm-config.ts';
import { leaveEtcd } from '../steps/leave-etcd.ts';
import { resetHost } from '../steps/reset-host.ts';
import { firstMaster } from '../steps/first-master.ts';
import { tellAll } from '../steps/tell-all.ts';

export const removeNode = operation({
  id: 'remove-node',
  title: 'Remove nodes',
  why: 'Hosts leave the cluster with all their roles: drained, told of to no load balancer any more, without a vote, forgotten, and reset where they answer. Hosts that are dead for good may be removed as well.',
  removes: 'members',
  steps: [drain, tellAll, firstMaster, leaveEtcd, kubeadmConfig, apiServerEtcd, deleteNode, resetHost],
});
