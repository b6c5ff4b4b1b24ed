import { checksNamed } from '../cluster/preflight.ts';
import { operation } from '../graph/operation.ts';
import { checkHealth } from '../steps/check-health.ts';
import { reboot as rebootHosts } from '../steps/reboot.ts';
import { disruption } from './disruption.ts';

const rolls = disruption(rebootHosts);

export const reboot = operation({
  id: 'reboot',
  title: 'Reboot hosts',
  why: 'One after another, workers some at a time: drained within the budgets, rebooted, looked at, and uncordoned before the next one goes.',
  maintains: true,
  scheduled: true,
  demands: checksNamed('Systemd', 'Clock'),
  steps: [...rolls, checkHealth],
  rolls,
  // A plan that is made again within the same run finds what that run has done.
  spares: ({ facts, run }, { name }) => {
    const { reboot: asked, bootId } = facts[name] ?? {};
    return asked !== undefined && asked.run === run && asked.before !== bootId && 'it was rebooted already';
  },
});
