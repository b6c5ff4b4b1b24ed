import type { Cluster, PackageRepository } from '../cluster/cluster.ts';
import { digest } from '../formats/digest.ts';
import { type KubernetesRelease, type KubernetesVersion, minorOf } from '../cluster/version.ts';

/** Images that kha uses beside those of kubeadm; the newest that were proven together. */
const LOAD_BALANCER: Record<Cluster['loadBalancer']['mode'], string> = {
  nginx: 'docker.io/library/nginx:1.28-alpine',
  haproxy: 'docker.io/library/haproxy:3.2-alpine',
  envoy: 'docker.io/envoyproxy/envoy:v1.40.0',
  openresty: 'docker.io/openresty/openresty:1.27.1.2-alpine',
  // Nothing runs on the hosts, but the field is never empty.
  slb: 'docker.io/library/nginx:1.28-alpine',
};
const KEEPALIVED = 'docker.io/osixia/keepalived:2.0.20';
const FLANNEL = 'ghcr.io/flannel-io/flannel:v0.28.10';
const FLANNEL_CNI_PLUGIN = 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3';
export const KUBERNETES_REPOSITORY = 'registry.k8s.io';

export interface DefaultImages {
  etcd: string;
  coreDns: string;
  pause: string;
  loadBalancer: string;
  keepalived: string;
  flannel: string;
  flannelCniPlugin: string;
}

/**
 * The images of a cluster that names none itself. With a site `repository` each is `<repository>/<last name>:<tag>`;
 * else kubeadm's come from `kubernetesRepository` and the others from where they are published.
 */
export function defaultImages(
  release: KubernetesRelease,
  mode: Cluster['loadBalancer']['mode'],
  kubernetesRepository: string,
  repository: string | undefined,
): DefaultImages {
  const moved = (image: string): string =>
    repository === undefined ? image : `${repository}/${image.slice(image.lastIndexOf('/') + 1)}`;
  // Only Kubernetes' own registry keeps CoreDNS one level deeper, and only since 1.8.0.
  const nested = kubernetesRepository === KUBERNETES_REPOSITORY && release.coreDnsTag.startsWith('v');
  return {
    etcd: `${kubernetesRepository}/etcd:${release.etcdTag}`,
    coreDns: `${kubernetesRepository}/${nested ? 'coredns/' : ''}coredns:${release.coreDnsTag}`,
    pause: `${kubernetesRepository}/pause:${release.pauseTag}`,
    loadBalancer: moved(LOAD_BALANCER[mode]),
    keepalived: moved(KEEPALIVED),
    flannel: moved(FLANNEL),
    flannelCniPlugin: moved(FLANNEL_CNI_PLUGIN),
  };
}

/** Of VRRP: two clusters in one network shall not have the same, as they would with a number that is fixed. */
export const defaultRouterId = (name: string, address: string): number =>
  1 + (Number.parseInt(digest(`${name} ${address}`).slice(0, 8), 16) % 255);

/**
 * Where a host without a site mirror gets kubeadm, kubelet and kubectl. Source: kubernetes.io, "Installing kubeadm";
 * the repository begins with 1.24, so older versions have none.
 */
export function defaultRepositories(version: KubernetesVersion): PackageRepository[] {
  if (version.minor < 24) return [];
  const base = `https://pkgs.k8s.io/core:/stable:/v${minorOf(version)}`;
  return [
    {
      name: 'kubernetes-apt',
      kind: 'apt',
      url: `${base}/deb/`,
      suite: '/',
      components: [],
      keyUrl: `${base}/deb/Release.key`,
    },
    {
      name: 'kubernetes-yum',
      kind: 'yum',
      url: `${base}/rpm/`,
      suite: './',
      components: [],
      keyUrl: `${base}/rpm/repodata/repomd.xml.key`,
    },
  ];
}
