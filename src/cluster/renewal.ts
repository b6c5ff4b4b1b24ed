import { certificatesOf } from './certificates.ts';
import type { Cluster } from './cluster.ts';
import { KUBELET_CLIENT_ID } from './certificate-places.ts';

/** What an operation was told about certificates. */
export interface Renewal {
  /** Those are due that end within this time; absent: 30 days. */
  withinMs?: number;
  /** Ids of those that it is about; absent: all. */
  certificates?: string[];
}

export const RENEWED_WITHIN_MS = 30 * 86_400_000;

/** Ids of the certificates that a renewal can be told of. Authorities are not renewed, they are replaced. */
export const renewable = (cluster: Cluster): string[] => [
  ...new Set([
    ...cluster.hosts.flatMap((host) =>
      certificatesOf(cluster, host).flatMap(({ kind, id }) => (kind === 'leaf' || kind === 'kubeconfig' ? [id] : [])),
    ),
    KUBELET_CLIENT_ID,
  ]),
];
