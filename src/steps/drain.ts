import { nodes } from '../cluster/role.ts';
import { step } from '../graph/step.ts';

export const drain = step({
  id: 'drain',
  title: 'Drain the nodes',
  why: 'Pods move to other nodes before theirs goes, and budgets for disruptions are kept. What blocks is shown, and waits for a person.',
  hosts: nodes,
  leaving: true,
  disruptive: true,
  needsCluster: true,
  activity: 'drainNode',
  policy: 'conversation',
});
