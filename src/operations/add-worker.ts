import { operation } from '../graph/operation.ts';
import { baseSystem } from '../steps/base-system.ts';
import { certificates } from '../steps/certificates.ts';
import { checkHealth } from '../steps/check-health.ts';
import { containerRuntime } from '../steps/container-runtime.ts';
import { pullImages } from '../steps/images.ts';
import { joinWorker } from '../steps/join-worker.ts';
import { kubernetesPackages } from '../steps/kubernetes-packages.ts';
import { loadBalancer } from '../steps/load-balancer.ts';
import { nodeLabels } from '../steps/node-labels.ts';
import { packageRepositories } from '../steps/package-repositories.ts';
import { standaloneKubelet } from '../steps/standalone-kubelet.ts';

export const addWorker = operation({
  id: 'add-worker',
  title: 'Add workers',
  why: 'The cluster grows by hosts that run pods, all of them side by side. No other host is touched, and nobody waits for one that is down.',
  adds: 'worker',
  steps: [
    certificates,
    baseSystem,
    packageRepositories,
    containerRuntime,
    kubernetesPackages,
    pullImages,
    standaloneKubelet,
    loadBalancer,
    joinWorker,
    nodeLabels,
    checkHealth,
  ],
});
