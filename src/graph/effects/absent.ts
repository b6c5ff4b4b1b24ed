import { sh } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** Nothing stands at this path (a file; a directory only with all that is in it). */
export interface AbsentEffect {
  kind: 'absent';
  path: string;
}

export const absent = (path: string): AbsentEffect => ({ kind: 'absent', path });

export const absentKind: EffectKind<AbsentEffect> = {
  kind: 'absent',
  title: (e) => `no ${e.path}`,
  want: () => 'absent',
  look: (e) => sh`if [ -e ${e.path} ] || [ -L ${e.path} ]; then echo present; else echo absent; fi`,
  act: (e) => sh`rm -rf ${e.path}`,
};
