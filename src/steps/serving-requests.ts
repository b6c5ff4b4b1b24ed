import { asksForServing } from '../cluster/certificate-places.ts';
import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';

export const servingRequests = step({
  id: 'serving-requests',
  title: 'Certificates that kubelets ask for',
  why: 'With serverTLSBootstrap kubelets ask the cluster for it. What asks for exactly what is recorded of its host is approved, anything else is left as it is and told. Where the API is silent it is passed over: what is due is issued anyway.',
  hosts: (cluster) => (asksForServing(cluster) ? masters(cluster) : []),
  forCluster: true,
  needsCluster: true,
  activity: 'approveServingRequests',
  policy: 'conversation',
});
