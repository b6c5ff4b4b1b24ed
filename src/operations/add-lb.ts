import { operation } from '../graph/operation.ts';
import { hostPreparation } from './host-preparation.ts';
import { tellAll } from '../steps/tell-all.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { checkHealth } from '../steps/check-health.ts';

export const addLb = operation({
  id: 'add-lb',
  title: 'Add load balancer hosts',
  why: 'More hosts may carry the virtual address: each gets a proxy and keepalived of its own, then the others hear of it. The address stays where it is.',
  adds: 'lb',
  steps: [...hostPreparation, tellAll, nodeLabels, checkHealth],
});
