import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';

export const createAuthorities = step({
  id: 'create-authorities',
  title: 'Certificate authorities',
  why: 'Made once for the cluster and kept encrypted in the store: certificates of all hosts come from them.',
  hosts: masters,
  forCluster: true,
  activity: 'createAuthorities',
  policy: 'quick',
});
