import { kubernetesVariables } from './seed-kubernetes.ts';
import type { Outcome } from './outcome.ts';
import type { Get } from './outcome.ts';
import { platformVariables } from './seed-platform.ts';
import { withoutEffect } from './seed-without-effect.ts';

/** A variable of the seed: what it comes to, and the seed's own default, to which expressions may refer. */
export interface SeedVariable {
  convert: (value: unknown, get: Get) => Outcome[];
  default?: unknown;
}

/** All variables that the seed documents, for the whole cluster. Those of a host are in `connection.ts`. */
export const SEED_VARIABLES: Record<string, SeedVariable> = {
  ...platformVariables,
  ...kubernetesVariables,
  ...withoutEffect,
};

/** Where the seed's default is part of a cluster's identity, an inventory that is silent means it. */
export const SEED_MEANS: { name: string; value: unknown }[] = [
  { name: 'kube_pod_subnet', value: '10.244.0.0/18' },
  { name: 'kube_service_subnet', value: '10.244.64.0/18' },
  { name: 'kube_encryption_algorithm', value: 'aescbc' },
];
