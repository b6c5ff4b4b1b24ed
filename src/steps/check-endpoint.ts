import { nodes } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { newBalancers } from './new-balancers.ts';
import { silentHost } from './silent-host.ts';

export const checkEndpoint = step({
  id: 'check-endpoint',
  title: 'The new way leads to the API servers',
  why: 'Asked from every node, and the answer must come with a certificate of the cluster for that address: nobody is led to where nobody answers.',
  afterAll: [newBalancers],
  hosts: nodes,
  everywhere: true,
  skipWhen: silentHost,
  activity: 'checkEndpoint',
  policy: 'gate',
});
