import { KhaError } from '../cluster/error.ts';
import { lookScript, readReports } from '../graph/effects/compile.ts';
import { kernelPackagesOf, wantedKernel } from '../parts/kernel/registry.ts';
import type { TaskInput, TaskResult } from './contract.ts';
import { rebootHost } from './reboot-host.ts';
import type { TaskScope } from './task-scope.ts';

/** Reboots a host into the kernel that it shall have. */
export async function bootKernel(
  scope: TaskScope,
  hostName: string,
  round: Pick<TaskInput, 'run' | 'issuedAt'>,
): Promise<TaskResult> {
  const { cluster, facts } = scope;
  const of = facts[hostName];
  const wanted = wantedKernel(cluster, of);
  const family = of && kernelPackagesOf(of);
  if (!family || wanted === undefined) return { changed: false, detail: 'there is no kernel for it' };
  return rebootHost(scope, hostName, round, {
    kernel: wanted,
    // Days may have gone by since it was set, and somebody else may have installed kernels, too.
    demand: async (here) => {
      const isDefault = family.isDefault(wanted);
      const [report] = readReports(await here.read('which kernel is the default', lookScript([isDefault], {})));
      if (report?.outcome === 'same') return;
      throw new KhaError(`${hostName} would boot ${report?.state || 'another kernel'} by default, not ${wanted}`, {
        code: 'KHA3335',
        blame: 'host',
        where: hostName,
        final: true,
      });
    },
  });
}
