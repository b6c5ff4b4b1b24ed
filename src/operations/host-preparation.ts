import type { Step } from '../graph/step.ts';
import { baseSystem } from '../steps/base-system.ts';
import { certificates } from '../steps/certificates.ts';
import { containerRuntime } from '../steps/container-runtime.ts';
import { pullImages } from '../steps/images.ts';
import { kubernetesPackages } from '../steps/kubernetes-packages.ts';
import { loadBalancer } from '../steps/load-balancer.ts';
import { packageRepositories } from '../steps/package-repositories.ts';
import { standaloneKubelet } from '../steps/standalone-kubelet.ts';

/** What makes a bare host ready to join, whatever the operation. */
export const hostPreparation: readonly Step[] = [
  certificates,
  baseSystem,
  packageRepositories,
  containerRuntime,
  kubernetesPackages,
  pullImages,
  standaloneKubelet,
  loadBalancer,
];
