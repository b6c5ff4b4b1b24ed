import { operation } from '../graph/operation.ts';
import { checkHealth } from '../steps/check-health.ts';
import { authorityRotation } from '../steps/rotate-authorities.ts';

export const rotateAuthorities = operation({
  id: 'rotate-authorities',
  title: 'Replace the certificate authorities',
  why: 'New authorities take the place of those of Kubernetes, the front proxy and etcd: all trust both, everything is issued anew, all trust the new ones. The API answers all the time; what was cut off goes on. It is what renew-certificates --rotate-ca starts.',
  maintains: true,
  isWhole: true,
  steps: [...authorityRotation, checkHealth],
});
