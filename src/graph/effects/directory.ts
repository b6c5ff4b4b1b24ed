import { sh, shJoin } from '../../formats/sh.ts';
import { command } from './command.ts';
import type { EffectKind } from './effect.ts';

/** A directory with this mode and owner. */
export interface DirectoryEffect {
  kind: 'directory';
  path: string;
  mode: string;
  owner: string;
}

export const directory = (path: string, mode = '755', owner = 'root:root'): DirectoryEffect => ({
  kind: 'directory',
  path,
  mode,
  owner,
});

export const directoryKind: EffectKind<DirectoryEffect> = {
  kind: 'directory',
  title: (e) => `directory ${e.path} (${e.mode} ${e.owner})`,
  want: (e) => `${e.mode} ${e.owner}`,
  look: (e) =>
    sh`if [ -d ${e.path} ]; then stat -c '%a %U:%G' ${e.path}; elif [ -e ${e.path} ]; then echo other; else echo absent; fi`,
  act: (e) => shJoin([sh`mkdir -p ${e.path}`, sh`chown ${e.owner} ${e.path}`, sh`chmod ${e.mode} ${e.path}`]),
  undo: (e) => [
    command(`no empty directory ${e.path}`, {
      look: sh`if [ -d ${e.path} ] && [ -z "$(ls -A ${e.path})" ]; then echo empty; else echo none; fi`,
      want: 'none',
      act: sh`rmdir ${e.path}`,
    }),
  ],
};
