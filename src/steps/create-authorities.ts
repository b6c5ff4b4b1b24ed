import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';

export const createAuthorities = step({
  id: 'create-authorities',
  title: 'Certificate authorities',
  why: 'Made once for the cluster and kept encrypted in the store: certificates of all hosts come from them.',
  hosts: (cluster) => masters(cluster).slice(0, 1),
  activity: 'createAuthorities',
  policy: 'quick',
});
