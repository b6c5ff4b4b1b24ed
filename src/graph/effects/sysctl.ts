import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** Live kernel settings; a key that this kernel lacks is left alone. What survives a reboot is a file effect. */
export interface SysctlEffect {
  kind: 'sysctl';
  settings: Record<string, string>;
}

export const sysctl = (settings: Record<string, string>): SysctlEffect => ({ kind: 'sysctl', settings });

export const sysctlKind: EffectKind<SysctlEffect> = {
  kind: 'sysctl',
  title: (e) => {
    const all = Object.entries(e.settings).map(([k, v]) => `${k}=${v}`);
    return `kernel settings ${all.slice(0, 3).join(' ')}${all.length > 3 ? ` and ${all.length - 3} more` : ''}`;
  },
  want: () => 'set',
  look: (e) =>
    shJoin([
      shRaw('kha_wrong='),
      ...Object.entries(e.settings).map(
        ([key, value]) =>
          sh`v=$(sysctl -n ${key} 2>/dev/null | tr -s '\t ' ' ') || v=; [ -z "$v" ] || [ "$v" = ${value} ] || kha_wrong="$kha_wrong "${key}"=$v"`,
      ),
      shRaw('if [ -z "$kha_wrong" ]; then echo set; else echo "now$kha_wrong"; fi'),
    ]),
  act: (e) =>
    shJoin(
      Object.entries(e.settings).map(
        ([key, value]) => sh`[ ! -e /proc/sys/${key.replaceAll('.', '/')} ] || sysctl -q -w ${`${key}=${value}`}`,
      ),
    ),
};
