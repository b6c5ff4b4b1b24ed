import { digest } from '../../formats/digest.ts';
import { sh, shJoin } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';
import { printing } from './file.ts';

/** A marked block of lines inside a file that others own, such as /etc/hosts. */
export interface BlockEffect {
  kind: 'block';
  path: string;
  /** Word in the marker lines, for example the cluster's name. */
  marker: string;
  /** The lines, each ended by a newline; empty: no such block. */
  text: string;
}

export const block = (path: string, marker: string, text: string): BlockEffect => ({
  kind: 'block',
  path,
  marker,
  text,
});

const begin = (e: BlockEffect): string => `# BEGIN kha ${e.marker}`;
const end = (e: BlockEffect): string => `# END kha ${e.marker}`;
const inside = (e: BlockEffect) => sh`awk -v b=${begin(e)} -v e=${end(e)} '$0==e{i=0} i; $0==b{i=1}' ${e.path}`;
const outside = (e: BlockEffect) => sh`awk -v b=${begin(e)} -v e=${end(e)} '$0==b{i=1} !i; $0==e{i=0}' ${e.path}`;

export const blockKind: EffectKind<BlockEffect> = {
  kind: 'block',
  title: (e) => `${e.text === '' ? 'no ' : ''}block "${e.marker}" in ${e.path}`,
  want: (e) => (e.text === '' ? 'absent' : digest(e.text)),
  look: (e) =>
    sh`if grep -qxF ${begin(e)} ${e.path} 2>/dev/null; then ${inside(e)} | sha256sum | cut -d' ' -f1; else echo absent; fi`,
  act: (e) => {
    const t = `${e.path}.kha-new`;
    return shJoin([
      sh`kha_content() {`,
      printing(e.text),
      sh`}`,
      // A copy first: it keeps mode and owner of the file that is replaced.
      sh`[ -e ${e.path} ] || : >${e.path}`,
      sh`cp -p ${e.path} ${t}`,
      e.text === ''
        ? sh`${outside(e)} >${t}`
        : sh`{ ${outside(e)}; echo ${begin(e)}; kha_content; echo ${end(e)}; } >${t}`,
      sh`sync ${t}`,
      // /etc/hosts is a mount point in some environments and can't be replaced there.
      sh`mv -fT ${t} ${e.path} 2>/dev/null || { cat ${t} >${e.path}; rm -f ${t}; }`,
    ]);
  },
  read: (e) => sh`[ ! -f ${e.path} ] || ${inside(e)}`,
  content: (e) => e.text,
  undo: (e) => [block(e.path, e.marker, '')],
};
