import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** Kernel modules that are loaded or built in. */
export interface KernelModuleEffect {
  kind: 'kernel-module';
  modules: string[];
}

export const kernelModules = (modules: string[]): KernelModuleEffect => ({ kind: 'kernel-module', modules });

export const kernelModuleKind: EffectKind<KernelModuleEffect> = {
  kind: 'kernel-module',
  title: (e) => `kernel modules ${e.modules.join(' ')}`,
  want: () => 'loaded',
  hint: () =>
    'Install the modules of the running kernel, or reboot into the kernel that is installed. The ip_vs ones are for kubernetes.proxyMode: ipvs only; more of them in system.kernelModules.',
  look: (e) =>
    shJoin([
      shRaw('kha_wrong=; b=/lib/modules/$(uname -r)/modules.builtin'),
      sh`for m in ${e.modules}; do`,
      shRaw(`  [ -d "/sys/module/$m" ] || grep -q "^$m " /proc/modules || grep -q "/$m\\.ko" "$b" 2>/dev/null || kha_wrong="$kha_wrong $m"
done
if [ -z "$kha_wrong" ]; then echo loaded; else echo "missing$kha_wrong"; fi`),
    ]),
  act: (e) => shJoin(e.modules.map((m) => sh`modprobe ${m}`)),
};
