import { type Cluster, hostNamed } from '../../../src/cluster/cluster.ts';
import { certificatesOf } from '../../../src/cluster/certificates.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import type { HostState, StateScope } from './host-state.ts';

type Kind = Effect['kind'];

/**
 * Which facts of a host an effect is about, whatever its look says of it: what must change where the dry-run says that it
 * differs, and must not where it says that it is the same. `undefined`: nothing beside its own look tells. A kind that is
 * new doesn't compile before it has its line.
 */
const evidence: { [K in Kind]: (effect: Extract<Effect, { kind: K }>) => string[] | undefined } = {
  file: (e) => [`file ${e.path}`],
  directory: (e) => [`file ${e.path}`],
  absent: (e) => [`file ${e.path}`],
  block: (e) => [`file ${e.path}`],
  'swap-off': () => ['file /etc/fstab'],
  timezone: () => ['file /etc/localtime'],
  package: (e) => e.packages.map((p) => `package ${p.name}`),
  service: (e) => [`unit ${e.unit}`],
  image: (e) => e.images.map((image) => `image ${image}`),
  sysctl: (e) => Object.keys(e.settings).map((key) => `sysctl ${key}`),
  // Modules are the machine's; the rest is seen by no eyes but the look's.
  'kernel-module': () => undefined,
  command: () => undefined,
  wait: () => undefined,
  manifest: () => undefined,
  'packages-gone': () => undefined,
};

export const allKinds = Object.keys(evidence) as Kind[];

const factsOf = (effect: Effect): string[] | undefined =>
  (evidence[effect.kind] as (e: Effect) => string[] | undefined)(effect);

const pathsOf = (effects: readonly Effect[]): string[] => effects.flatMap((e) => ('path' in e ? [e.path] : []));

/** All that effects name. */
export const scopeOf = (effects: readonly Effect[]): StateScope => ({
  paths: [...new Set(pathsOf(effects))],
  units: [...new Set(effects.flatMap((e) => (e.kind === 'service' ? [e.unit] : [])))],
  sysctls: [...new Set(effects.flatMap((e) => (e.kind === 'sysctl' ? Object.keys(e.settings) : [])))],
});

/** Where what a host shows is not what a dry-run had said of an effect, in sentences. `differing` are titles by index. */
export function contradictions(
  effects: readonly Effect[],
  differing: ReadonlySet<number>,
  before: HostState,
  after: HostState,
): string[] {
  const changed = (key: string): boolean => before.get(key) !== after.get(key);
  // Several effects of one task may be about one fact: what one of them changes, changes for all.
  const explained = new Set(effects.flatMap((e, i) => (differing.has(i) ? (factsOf(e) ?? []) : [])));
  return effects.flatMap((effect, i) => {
    const keys = factsOf(effect);
    if (keys === undefined) return [];
    if (differing.has(i)) return keys.some(changed) ? [] : [`${keys.join(', ')}: to be changed, and is as before`];
    return keys
      .filter((key) => changed(key) && !explained.has(key))
      .map(
        (key) => `${key}: not to be changed, was ${before.get(key) ?? 'nothing'}, is ${after.get(key) ?? 'nothing'}`,
      );
  });
}

/** Files that changed and that nobody had announced; for tasks whose effects name all that they touch. */
export function unannounced(effects: readonly Effect[], before: HostState, after: HostState): string[] {
  const tells = (e: Effect): boolean => factsOf(e) !== undefined && e.kind !== 'package';
  if (!effects.every(tells)) return [];
  const paths = effects.flatMap((e) => (e.kind === 'service' ? [`/var/lib/kha/started/${e.unit}`] : pathsOf([e])));
  const units = effects.flatMap((e) => (e.kind === 'service' ? [`/${e.unit}`] : []));
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => {
    if (!key.startsWith('file ') || before.get(key) === after.get(key)) return false;
    const path = key.slice('file '.length);
    // Parents are made on the way; systemd links the units that it enables.
    return !paths.some((p) => p === path || p.startsWith(`${path}/`)) && !units.some((u) => path.endsWith(u));
  });
}

/** `<mode> <owner>` that effects declare, by path: every kind that has a path and a mode. */
export function declaredModes(effects: readonly Effect[]): Map<string, string> {
  return new Map(
    effects.flatMap((e) => ('mode' in e && 'path' in e ? [[e.path, `${e.mode} ${e.owner}`] as const] : [])),
  );
}

/** The same of certificates, keys and kubeconfigs, which an activity places. */
export function certificateModes(cluster: Cluster, host: string): Map<string, string> {
  const files = certificatesOf(cluster, hostNamed(cluster, host)).flatMap((spec) => [
    ...('certificate' in spec ? [spec.certificate] : []),
    ...('publicKey' in spec ? [spec.publicKey] : []),
    ...('key' in spec && spec.key ? [spec.key] : []),
    ...('file' in spec ? [spec.file] : []),
  ]);
  return new Map(files.map((f) => [f.path, `${f.mode.toString(8)} root:root`]));
}
