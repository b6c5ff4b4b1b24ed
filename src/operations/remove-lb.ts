import { operation } from '../graph/operation.ts';
import { tellAll } from '../steps/tell-all.ts';
import { leaveRole } from '../steps/leave-role.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { checkHealth } from '../steps/check-health.ts';

export const removeLb = operation({
  id: 'remove-lb',
  title: 'Take hosts out of the load balancers',
  why: 'Hosts stop carrying the virtual address, and stay what else they are. One that has it hands it on first. A host that is nothing but a load balancer leaves by remove-node.',
  takes: 'lb',
  steps: [tellAll, leaveRole, nodeLabels, checkHealth],
});
