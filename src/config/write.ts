import { Document, isMap, isScalar } from 'yaml';
import type { Cluster } from '../cluster/cluster.ts';
import type { Catalogue } from '../cluster/version.ts';
import { loadCatalogue } from './catalogue.ts';
import { KUBERNETES_REPOSITORY } from './defaults.ts';
import { normalise } from './normalise.ts';
import { writeSchedules } from './normalise-schedules.ts';
import { type ClusterFileInput, clusterFile } from './schema/cluster.ts';
import { writeHosts } from './write-hosts.ts';
import { isPlainMap } from './yaml-source.ts';

/**
 * The cluster as a cluster file: only what differs from the defaults, a comment before each section, and reading it
 * gives the same cluster. `header` are lines of comment at the top, without #.
 */
export function writeClusterYaml(
  cluster: Cluster,
  header: string[] = [],
  catalogue: Catalogue = loadCatalogue(),
): string {
  const document = new Document(clusterInput(cluster, catalogue));
  if (header.length > 0) document.commentBefore = header.map((line) => ` ${line}`).join('\n');
  const descriptions = describeSections();
  if (isMap(document.contents)) {
    for (const [index, pair] of document.contents.items.entries()) {
      if (!isScalar(pair.key)) continue;
      const text = descriptions[String(pair.key.value)];
      if (text) pair.key.commentBefore = ` ${text}`;
      pair.key.spaceBefore = index > 0;
    }
  }
  return document.toString({ lineWidth: 120, flowCollectionPadding: true });
}

/** The cluster in the file's shape, without what is a default. */
export function clusterInput(cluster: Cluster, catalogue: Catalogue = loadCatalogue()): ClusterFileInput {
  const { masters, workers, etcd, lb } = cluster.roles;
  const etcdOnMasters = JSON.stringify(etcd) === JSON.stringify(masters);
  // What other defaults follow from.
  const base = {
    name: cluster.name,
    nodeNames: cluster.nodeNames,
    ...writeHosts(cluster.hosts),
    masters,
    workers,
    ...(etcdOnMasters ? {} : { etcd: { hosts: etcd } }),
    loadBalancer: {
      mode: cluster.loadBalancer.mode,
      ...(lb.length > 0 && { hosts: lb, address: cluster.loadBalancer.address }),
    },
    kubernetes: { version: cluster.kubernetes.version, imageRepository: cluster.kubernetes.imageRepository },
    images: cluster.images,
    pki: { caDays: cluster.pki.caDays, leafDays: cluster.pki.leafDays },
  };
  const defaults = normalise(clusterFile.parse(base), { catalogue, sshConfig: new Map() }).cluster;
  const differences = difference(settings(cluster), defaults ? settings(defaults) : {}) as Record<string, unknown>;
  return prune(merge(base, differences), cluster) as ClusterFileInput;
}

/** The part of a cluster that has the file's shape. */
function settings(cluster: Cluster): Record<string, unknown> {
  const { name: _n, nodeNames: _nn, hosts: _h, roles: _r, kubernetes, runtime, schedules = [], ...rest } = cluster;
  const { release: _release, ...ofKubernetes } = kubernetes;
  const registries = Object.fromEntries(
    runtime.registries.map(({ name, endpoints, insecure, caFile }) => [
      name,
      insecure || caFile !== undefined ? { endpoints, insecure, ...(caFile !== undefined && { caFile }) } : endpoints,
    ]),
  );
  return {
    kubernetes: ofKubernetes,
    runtime: { ...runtime, registries },
    ...rest,
    ...(schedules.length > 0 ? { schedules: writeSchedules(schedules) } : {}),
  };
}

/** What `value` has and `standard` has not, map by map. */
function difference(value: unknown, standard: unknown): unknown {
  if (!isPlainMap(value) || !isPlainMap(standard))
    return JSON.stringify(value) === JSON.stringify(standard) ? undefined : value;
  const changed = Object.entries(value).flatMap(([key, item]) => {
    const own = Object.hasOwn(standard, key) ? difference(item, standard[key]) : item;
    return own === undefined ? [] : [[key, own] as const];
  });
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

function merge(base: Record<string, unknown>, over: Record<string, unknown> | undefined): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over ?? {})) {
    const under = merged[key];
    merged[key] = isPlainMap(under) && isPlainMap(value) ? merge(under, value) : value;
  }
  return merged;
}

/** Takes out of the base what is a default after all. */
function prune(input: Record<string, unknown>, cluster: Cluster): Record<string, unknown> {
  const without = (section: string, key: string): void => {
    const { [key]: _gone, ...rest } = input[section] as Record<string, unknown>;
    input[section] = rest;
  };
  const repository = cluster.images.repository ?? KUBERNETES_REPOSITORY;
  if (cluster.kubernetes.imageRepository === repository) without('kubernetes', 'imageRepository');
  if (cluster.loadBalancer.mode === 'nginx') without('loadBalancer', 'mode');
  if (cluster.pki.caDays === 3650) without('pki', 'caDays');
  if (cluster.pki.leafDays === 365) without('pki', 'leafDays');
  if (cluster.nodeNames === 'hostname') delete input.nodeNames;
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => !isPlainMap(value) || Object.keys(value).length > 0),
  );
}

function describeSections(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(clusterFile.shape).map(([key, schema]) => [key, schema.meta()?.description ?? '']),
  );
}
