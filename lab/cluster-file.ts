import { existsSync } from 'node:fs';
import { stringify } from 'yaml';
import { envoyVersion } from './artifacts/envoy.ts';
import { newestKubernetes } from './artifacts/kubernetes.ts';
import { labError } from './error.ts';
import type { LabHost } from './lab.ts';
import { mirror } from './network.ts';
import { places } from './places.ts';

export interface ClusterFileOptions {
  /** Hosts to use: the masters first, then the workers. */
  hosts: readonly LabHost[];
  masters: number;
  workers: number;
  /** Default: demo. */
  name?: string;
  /** Default: the newest that the lab has. */
  kubernetes?: string;
  /** Default: nginx. */
  loadBalancer?: keyof typeof loadBalancerImages;
}

/** What the lab's mirror offers of each. */
export const loadBalancerImages = {
  nginx: 'docker.io/library/nginx:1.22.1',
  haproxy: 'docker.io/library/haproxy:2.6.12',
  envoy: `docker.io/envoyproxy/envoy:v${envoyVersion}`,
} as const;

/**
 * A cluster file for lab hosts, as a user of a site with its own mirror would write it: masters m1… and workers w1…, with their host keys
 * pinned. Nothing in it is special to the lab but settings that every user has.
 */
export function clusterFile(options: ClusterFileOptions): string {
  const {
    hosts,
    masters,
    workers,
    name = 'demo',
    kubernetes = newestKubernetes,
    loadBalancer: mode = 'nginx',
  } = options;
  if (hosts.length < masters + workers) {
    throw labError(
      `${masters} masters and ${workers} workers need ${masters + workers} hosts; the lab has ${hosts.length}.`,
      `Bring them up: npm run lab -- up ${masters + workers}.`,
    );
  }
  const roles = [...numbered('m', masters), ...numbered('w', workers)];
  const registry = `http://${mirror.registry}`;
  const document = {
    name,
    hosts: Object.fromEntries(
      roles.map((role, i) => [role, { address: hosts[i]?.address, ssh: { hostKeys: [hosts[i]?.hostKey] } }]),
    ),
    ssh: { user: 'root', keyFile: places.privateKey },
    masters: roles.slice(0, masters),
    ...(workers > 0 && { workers: roles.slice(masters) }),
    kubernetes: {
      version: kubernetes,
      // containers inside of namespaces: kubeadm finds no kernel configuration to read, and kube-proxy must not set what all hosts share
      ignorePreflightErrors: ['SystemVerification'],
      kubeProxyConfiguration: { conntrack: { maxPerCore: 0, min: 0 } },
      ...(!existsSync('/sys/fs/cgroup/cgroup.controllers') && { kubeletConfiguration: { failCgroupV1: false } }),
    },
    loadBalancer: { mode, image: loadBalancerImages[mode] },
    network: { plugin: 'flannel' },
    runtime: { registries: { 'registry.k8s.io': registry, 'docker.io': registry, 'ghcr.io': registry } },
    packages: {
      repositories: [
        {
          name: 'kubernetes',
          url: mirror.packages,
          suite: 'stable',
          components: ['main'],
          keyUrl: mirror.packagesKey,
        },
      ],
    },
    // all hosts share the disk of this machine
    preflight: { minDiskMiB: 2048 },
  };
  return stringify(document, { lineWidth: 120 });
}

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
}
