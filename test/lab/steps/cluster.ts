import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { clusterFile } from '../../../lab/cluster-file.ts';
import type { LabHost } from '../../../lab/lab.ts';
import { onHost } from '../kha.ts';

/** What the hosts of the test cluster are. */
export interface Topology {
  /** Lab hosts: the masters, the worker, then the etcd host where there is one of its own. */
  hosts: readonly LabHost[];
  ownEtcd: boolean;
}

/**
 * Two masters, so that one joins, a worker, and settings that give every step and every kind of effect something to do.
 * Returns the path of the cluster file.
 */
export function writeCluster(directory: string, { hosts, ownEtcd }: Topology): string {
  const document = parse(clusterFile({ hosts, masters: 2, workers: 1 })) as Record<string, object>;
  const last = hosts[3];
  const path = join(directory, 'cluster.yaml');
  const text = stringify({
    ...document,
    ...(ownEtcd && {
      hosts: { ...document['hosts'], e1: { address: last?.address, ssh: { hostKeys: [last?.hostKey] } } },
    }),
    etcd: [ownEtcd ? 'e1' : 'm1'],
    kubernetes: { ...document['kubernetes'], audit: { enabled: true } },
    system: { timezone: 'Europe/Berlin', hosts: { '10.88.0.10': ['mirror.example.com'] } },
  });
  writeFileSync(path, text);
  return path;
}

/** The same cluster when its worker has left, with three members of etcd; the names of those that are new. */
export function growEtcd(file: string, ownEtcd: boolean): string[] {
  const { hosts: there, ...document } = parse(readFileSync(file, 'utf8')) as { hosts: Record<string, object> };
  const { w1, ...rest } = there;
  const { etcd, names } = ownEtcd
    ? { etcd: ['e1', 'm1', 'm2'], names: ['m1', 'm2'] }
    : { etcd: ['m1', 'm2', 'e2'], names: ['m2', 'e2'] };
  writeFileSync(file, stringify({ ...document, hosts: { ...rest, ...(!ownEtcd && { e2: w1 }) }, workers: [], etcd }));
  return names;
}

/** Lab host of a host of that cluster. */
export const labNameOf = (host: string): string => ({ m1: 'h1', m2: 'h2', w1: 'h3', e1: 'h4', e2: 'h3' })[host] ?? host;

/** A life before kha: on a bare host some effects would find nothing to do. From its end on, changes are told. */
export const givePast = async ({ name }: LabHost): Promise<void> => {
  await onHost(
    name,
    `printf '%s\\n' '# old' '/dev/none none swap sw,noauto,nofail 0 0' >/etc/fstab
printf '%s\\n' 'Acquire::http::Proxy "http://127.0.0.1:1";' >/etc/apt/apt.conf.d/95-kha-proxy.conf
printf '%s\\n' '[Unit]' 'Description=a firewall' '[Service]' 'ExecStart=/bin/sleep infinity' '[Install]' 'WantedBy=multi-user.target' >/etc/systemd/system/ufw.service
systemctl daemon-reload
systemctl -q enable --now ufw.service
sysctl -q -w net.ipv4.ip_forward=0
ln -sfn /usr/share/zoneinfo/Asia/Tokyo /etc/localtime
mkdir -p /etc/kubernetes/manifests
chmod 700 /etc/kubernetes/manifests
touch /run/kha-begin`,
  );
};
