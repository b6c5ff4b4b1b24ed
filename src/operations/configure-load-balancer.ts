import { operation } from '../graph/operation.ts';
import { certificates } from '../steps/certificates.ts';
import { certifyAddress } from '../steps/certify-address.ts';
import { checkEndpoint } from '../steps/check-endpoint.ts';
import { checkHealth } from '../steps/check-health.ts';
import { clusterEndpoint } from '../steps/cluster-endpoint.ts';
import { createAuthorities } from '../steps/create-authorities.ts';
import { credentials } from '../steps/credentials.ts';
import { kubeadmConfig } from '../steps/kubeadm-config.ts';
import { kubelets } from '../steps/kubelets.ts';
import { loadBalancer } from '../steps/load-balancer.ts';
import { network } from '../steps/network.ts';
import { newBalancers } from '../steps/new-balancers.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { oldBalancers } from '../steps/old-balancers.ts';
import { resetHost } from '../steps/reset-host.ts';
import { tellAll } from '../steps/tell-all.ts';
import { hostPreparation } from './host-preparation.ts';

export const configureLoadBalancer = operation({
  id: 'configure-load-balancer',
  title: 'Change the load balancing',
  why: 'Moves a running cluster between proxies on all nodes, a virtual address and a balancer of your own: the new way stands beside the old one until all have followed. The API answers all the time.',
  changes: 'load-balancer',
  steps: [
    createAuthorities,
    // Hosts that come carry the address and are nothing else: they have no certificate, and their proxy comes with the others'.
    ...hostPreparation.filter((s) => s !== certificates && s !== loadBalancer),
    certifyAddress,
    newBalancers,
    checkEndpoint,
    credentials,
    kubelets,
    network,
    kubeadmConfig,
    clusterEndpoint,
    oldBalancers,
    tellAll,
    resetHost,
    nodeLabels,
    checkHealth,
  ],
});
