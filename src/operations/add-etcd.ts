import { operation } from '../graph/operation.ts';
import { hostPreparation } from './host-preparation.ts';
import { apiServerEtcd } from '../steps/api-server-etcd.ts';
import { checkHealth } from '../steps/check-health.ts';
import { joinEtcd } from '../steps/join-etcd.ts';
import { kubeadmConfig } from '../steps/kubeadm-config.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { tellAll } from '../steps/tell-all.ts';

export const addEtcd = operation({
  id: 'add-etcd',
  title: 'Add members of etcd',
  why: 'etcd grows by members that learn before they vote, one by one; then the API servers are told, one by one too.',
  adds: 'etcd',
  steps: [...hostPreparation, joinEtcd, tellAll, kubeadmConfig, apiServerEtcd, nodeLabels, checkHealth],
});
