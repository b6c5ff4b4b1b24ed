import type { Cluster } from '../../cluster/cluster.ts';
import type { ContainerRuntime } from './container-runtime.ts';
import { containerd } from './containerd.ts';

const runtimes: Record<Cluster['runtime']['kind'], ContainerRuntime> = { containerd };

export const containerRuntimeOf = (cluster: Cluster): ContainerRuntime => runtimes[cluster.runtime.kind];
