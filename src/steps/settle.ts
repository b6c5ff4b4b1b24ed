import { step } from '../graph/step.ts';

export const settle = step({
  id: 'settle',
  title: 'The host stays up',
  why: 'What fails right after a start is found before the next host goes.',
  hosts: (cluster) => cluster.hosts,
  needsCluster: true,
  skipWhen: ({ cluster }) => cluster.maintenance.settleSeconds === 0 && 'maintenance.settleSeconds is 0',
  activity: 'settle',
  policy: 'gate',
});
