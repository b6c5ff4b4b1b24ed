import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** Container images in the runtime's store, pulled through the CRI so that its registry settings hold. */
export interface ImageEffect {
  kind: 'image';
  images: string[];
}

export const images = (list: readonly string[]): ImageEffect => ({
  kind: 'image',
  images: [...new Set(list.map(fullName))].sort(),
});

/** The name under which the runtime's store has it: with registry and tag, a digest instead of the tag where there is one. */
export function fullName(image: string): string {
  const [path = '', hash] = image.split('@');
  const [first = '', ...rest] = path.split('/');
  const registry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const full = registry ? path : rest.length > 0 ? `docker.io/${path}` : `docker.io/library/${path}`;
  const slash = full.lastIndexOf('/');
  const [name = '', tag = 'latest'] = full.slice(slash + 1).split(':');
  return `${full.slice(0, slash + 1)}${name}${hash === undefined ? `:${tag}` : `@${hash}`}`;
}

export const imageKind: EffectKind<ImageEffect> = {
  kind: 'image',
  title: (e) => `images ${e.images.join(' ')}`,
  want: () => 'pulled',
  // The registry has answered, and has no such image; one that can't be reached says otherwise.
  hopeless: /code = NotFound /,
  hint: () =>
    "Correct the image's name and tag in the cluster file, put the image into the registry, or make the registry reachable.",
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
