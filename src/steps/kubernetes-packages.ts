import { sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import { packages } from '../graph/effects/package.ts';
import { step } from '../graph/step.ts';
import { containerRuntime } from './container-runtime.ts';

const pinned = (name: string, version: string | undefined) => (version === undefined ? { name } : { name, version });

export const kubernetesPackages = step({
  id: 'kubernetes-packages',
  title: 'Kubernetes packages',
  why: 'kubelet, kubeadm and kubectl of one version, held, so that an upgrade of the system never upgrades the cluster.',
  after: [containerRuntime],
  hosts: (cluster) => cluster.hosts,
  effects: ({ cluster: { kubernetes } }) => [
    packages(
      [
        pinned('kubelet', kubernetes.packageVersion),
        pinned('kubeadm', kubernetes.packageVersion),
        pinned('kubectl', kubernetes.packageVersion),
        pinned('kubernetes-cni', kubernetes.cniPackageVersion),
        pinned('cri-tools', kubernetes.criToolsPackageVersion),
      ],
      { hold: true },
    ),
    // Enabled, not started: until the host joins, only hosts with static pods of their own have something to run.
    command('kubelet starts with the host', {
      look: sh`systemctl is-enabled kubelet.service`,
      want: 'enabled',
      act: sh`systemctl -q enable kubelet.service`,
    }),
  ],
  policy: 'install',
});
