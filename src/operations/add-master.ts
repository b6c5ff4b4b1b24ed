import { operation } from '../graph/operation.ts';
import { hostPreparation } from './host-preparation.ts';
import { apiServerFiles } from '../steps/api-server-files.ts';
import { checkHealth } from '../steps/check-health.ts';
import { joinMaster } from '../steps/join-master.ts';
import { kubeadmConfig } from '../steps/kubeadm-config.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { tellAll } from '../steps/tell-all.ts';

export const addMaster = operation({
  id: 'add-master',
  title: 'Add masters',
  why: 'The control plane grows: prepared side by side, joined one by one behind a healthy one, and only then told to the others.',
  adds: 'master',
  steps: [...hostPreparation, apiServerFiles, joinMaster, tellAll, kubeadmConfig, nodeLabels, checkHealth],
});
