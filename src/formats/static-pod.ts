import type { Container, HostPathVolumeSource, Pod } from 'kubernetes-types/core/v1.d.ts';
import { digest } from './digest.ts';
import { toYaml } from './yaml.ts';

/** A volume of a static pod: a path of the host at the same or another path of the container. */
export interface StaticPodVolume {
  name: string;
  hostPath: string;
  mountPath?: string;
  readOnly: boolean;
  type: NonNullable<HostPathVolumeSource['type']>;
}

export interface StaticPod {
  name: string;
  labels: Record<string, string>;
  /** Texts that the container reads at its start alone: the pod is made anew when they change. */
  configuration?: string;
  /** Of its end, before it is killed; kubelet's own default is 30. */
  graceSeconds?: number;
  volumes: StaticPodVolume[];
  container: Container;
}

/**
 * Manifest of a pod with one container that kubelet runs by itself on the host's network. Class and number of the
 * priority both stand there, because nothing fills in the number where kubelet has no API server.
 */
export function staticPod(pod: StaticPod): string {
  const manifest: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: 'kube-system',
      labels: pod.labels,
      ...(pod.configuration === undefined ? {} : { annotations: { 'kha/configuration': digest(pod.configuration) } }),
    },
    spec: {
      hostNetwork: true,
      ...(pod.graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: pod.graceSeconds }),
      priorityClassName: 'system-node-critical',
      priority: 2_000_001_000,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          ...pod.container,
          imagePullPolicy: 'IfNotPresent',
          volumeMounts: pod.volumes.map((v) => ({
            name: v.name,
            mountPath: v.mountPath ?? v.hostPath,
            readOnly: v.readOnly,
          })),
        },
      ],
      volumes: pod.volumes.map((v) => ({ name: v.name, hostPath: { path: v.hostPath, type: v.type } })),
    },
  };
  return toYaml(manifest);
}
