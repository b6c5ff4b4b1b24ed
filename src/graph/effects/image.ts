import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** Container images in the runtime's store, pulled through the CRI so that its registry settings hold. */
export interface ImageEffect {
  kind: 'image';
  images: string[];
}

export const images = (list: string[]): ImageEffect => ({ kind: 'image', images: [...new Set(list)].sort() });

export const imageKind: EffectKind<ImageEffect> = {
  kind: 'image',
  title: (e) => `images ${e.images.join(' ')}`,
  want: () => 'pulled',
  look: (e) =>
    shJoin([
      shRaw('kha_wrong=; kha_have=$(ctr -n k8s.io images ls -q 2>/dev/null)'),
      sh`for i in ${e.images}; do`,
      shRaw(`  printf '%s\\n' "$kha_have" | grep -qxF "$i" || kha_wrong="$kha_wrong $i"
done
if [ -z "$kha_wrong" ]; then echo pulled; else echo "missing$kha_wrong"; fi`),
    ]),
  act: (e) =>
    shJoin([
      shRaw('kha_have=$(ctr -n k8s.io images ls -q)'),
      sh`for i in ${e.images}; do`,
      shRaw(`  printf '%s\\n' "$kha_have" | grep -qxF "$i" || { echo "pulling $i"; crictl pull "$i"; }
done`),
    ]),
};
