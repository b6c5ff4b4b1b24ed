import { step } from '../graph/step.ts';
import { kernelFilesOf, kernelPackagesOf, wantedKernel } from '../parts/kernel/registry.ts';

export const kernelPackages = step({
  id: 'kernel-packages',
  title: 'Kernel and default boot entry',
  why: 'The new kernel is there beside the running one, and the boot loader is seen to boot it by default, before any host restarts.',
  hosts: (cluster) => cluster.hosts,
  skipWhen: ({ cluster, facts }, { name }) =>
    wantedKernel(cluster, facts[name]) === undefined && 'there is no kernel for it',
  effects: ({ cluster, facts }, { name }) => {
    const of = facts[name];
    const family = of && kernelPackagesOf(of);
    const release = wantedKernel(cluster, of);
    return of && family && release !== undefined
      ? [family.installed(release, kernelFilesOf(cluster, of), cluster), family.isDefault(release)]
      : [];
  },
  policy: 'install',
});
