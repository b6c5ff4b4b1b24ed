/** An image's name in its parts, for example `registry.k8s.io/coredns`, `coredns`, `v1.14.6`. */
export interface ImageName {
  repository: string;
  name: string;
  tag: string;
}

/** Splits a name; a missing tag is `latest`, as everywhere. A digest stays in the tag's place (`sha256:…`). */
export function parseImage(image: string): ImageName {
  const [path = '', hash] = image.split('@');
  const slash = path.lastIndexOf('/');
  const last = path.slice(slash + 1);
  const [name = '', tag = 'latest'] = last.split(':');
  return { repository: path.slice(0, Math.max(slash, 0)), name, tag: hash ?? tag };
}

/** Is the tag's version at least `version` (three numbers)? False where the tag is no version. */
export function imageAtLeast(image: string, version: readonly [number, number, number]): boolean {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(parseImage(image).tag);
  if (!match) return false;
  const [major, minor, patch] = match.slice(1).map(Number) as [number, number, number];
  return (major - version[0] || minor - version[1] || patch - version[2]) >= 0;
}
