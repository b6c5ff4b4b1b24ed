import { checksNamed } from '../cluster/preflight.ts';
import { operation } from '../graph/operation.ts';
import { kernelChecks } from '../parts/kernel/checks.ts';
import { wantedKernel } from '../parts/kernel/registry.ts';
import { bootKernel } from '../steps/boot-kernel.ts';
import { checkHealth } from '../steps/check-health.ts';
import { kernelPackages } from '../steps/kernel-packages.ts';
import { disruption } from './disruption.ts';

const rolls = disruption(bootKernel);

export const kernelUpgrade = operation({
  id: 'kernel-upgrade',
  title: 'Upgrade kernels',
  why: 'The packages come first, on all hosts side by side. Then hosts that run another kernel are drained, rebooted into the new one, looked at, and uncordoned, one after another.',
  maintains: true,
  scheduled: true,
  asks: 'kernel',
  demands: [...checksNamed('Systemd', 'Arch', 'Clock'), ...kernelChecks],
  steps: [kernelPackages, ...rolls, checkHealth],
  rolls,
  spares: ({ cluster, facts }, { name }) => {
    const wanted = wantedKernel(cluster, facts[name]);
    if (wanted === undefined) return 'there is no kernel for it';
    return facts[name]?.kernel === wanted && `it runs ${wanted} already`;
  },
});
