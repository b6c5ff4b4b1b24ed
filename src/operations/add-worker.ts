import { operation } from '../graph/operation.ts';
import { hostPreparation } from './host-preparation.ts';
import { checkHealth } from '../steps/check-health.ts';
import { joinWorker } from '../steps/join-worker.ts';
import { nodeLabels } from '../steps/node-labels.ts';

export const addWorker = operation({
  id: 'add-worker',
  title: 'Add workers',
  why: 'The cluster grows by hosts that run pods, all of them side by side. No other host is touched, and nobody waits for one that is down.',
  adds: 'worker',
  steps: [...hostPreparation, joinWorker, nodeLabels, checkHealth],
});
