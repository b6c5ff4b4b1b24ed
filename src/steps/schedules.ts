import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { checkHealth } from './check-health.ts';

export const schedules = step({
  id: 'schedules',
  title: 'Schedules of the cluster file',
  why: 'What is to come back by itself is kept by Temporal: schedules that the cluster file declares are made, changed and removed there; those that were made by hand stay.',
  after: [checkHealth],
  hosts: masters,
  forCluster: true,
  activity: 'keepSchedules',
  policy: 'quick',
});
