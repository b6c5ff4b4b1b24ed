import { step } from '../graph/step.ts';

export const reboot = step({
  id: 'reboot',
  title: 'Reboot',
  why: 'A host that only answers may be on its way down: it is back when it shows another boot id.',
  hosts: (cluster) => cluster.hosts,
  disruptive: true,
  activity: 'rebootHost',
  policy: 'reboot',
});
