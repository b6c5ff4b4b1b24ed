import { operation } from '../graph/operation.ts';
import { checkHealth } from '../steps/check-health.ts';
import { drain } from '../steps/drain.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { uncordon } from '../steps/uncordon.ts';

export const removeWorker = operation({
  id: 'remove-worker',
  title: 'Take masters out of the workers',
  why: 'Masters that ran pods as well do so no more: drained within the budgets, then tainted. A host that is nothing but a worker leaves by remove-node.',
  takes: 'worker',
  steps: [drain, nodeLabels, uncordon, checkHealth],
});
