import { controlPlaneEndpoint, API_SERVER_PORT, hostPort } from '../cluster/endpoint.ts';
import { isMaster, nodes } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { kubeletAsks } from '../parts/kubelet-server.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { silentHost } from './silent-host.ts';

export const kubelets = step({
  id: 'kubelets',
  title: 'kubelets go by the new way',
  why: 'kubelet reads its kubeconfig at its start alone, so it is started anew; the pods of the node go on.',
  afterAll: [checkEndpoint],
  hosts: nodes,
  everywhere: true,
  skipWhen: silentHost,
  effects: ({ cluster }, host) => [
    kubeletAsks(`https://${controlPlaneEndpoint(cluster)}`, {
      // kubeadm's ControlPlaneKubeletLocalMode: a master's may ask the API server beside it.
      or: isMaster(cluster, host) ? [`https://${hostPort(host.address, API_SERVER_PORT)}`] : [],
    }),
  ],
  policy: 'install',
});
