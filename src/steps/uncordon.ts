import { nodes } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { drain } from './drain.ts';
import { leaveRole } from './leave-role.ts';
import { nodeLabels } from './node-labels.ts';

export const uncordon = step({
  id: 'uncordon',
  title: 'Uncordon the nodes',
  why: 'What stays a node takes pods again, those that its roles still allow. One that somebody had cordoned before stays so.',
  after: [drain, leaveRole],
  // The taint of masters comes first, else the pods would come back.
  afterAll: [nodeLabels],
  hosts: nodes,
  leaving: true,
  needsCluster: true,
  restores: drain,
  activity: 'uncordonNode',
  policy: 'quick',
});
