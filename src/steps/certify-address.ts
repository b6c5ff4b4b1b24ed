import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { createAuthorities } from './create-authorities.ts';

export const certifyAddress = step({
  id: 'certify-address',
  title: 'API servers are known by both addresses',
  why: 'Clients verify whom they talk to. Until all have followed, certificates name the former address as well as the new one.',
  afterAll: [createAuthorities],
  hosts: masters,
  everywhere: true,
  order: 'one-by-one',
  activity: 'certifyAddress',
  policy: 'conversation',
});
