import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { tellAll } from './tell-all.ts';

export const firstMaster = step({
  id: 'first-master',
  title: 'Credential for the worst case',
  why: 'One master keeps super-admin.conf, which works where RBAC does not. When that one goes, the next gets its own.',
  afterAll: [tellAll],
  hosts: masters,
  forCluster: true,
  everywhere: true,
  activity: 'issueCertificates',
  policy: 'quick',
});
