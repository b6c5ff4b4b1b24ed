import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { silentHost } from './silent-host.ts';

export const credentials = step({
  id: 'credentials',
  title: "Administrators' credentials name the new way",
  why: 'What runs kubectl on a master goes by admin.conf, kha too.',
  afterAll: [checkEndpoint],
  hosts: masters,
  everywhere: true,
  skipWhen: silentHost,
  activity: 'issueCertificates',
  policy: 'quick',
});
