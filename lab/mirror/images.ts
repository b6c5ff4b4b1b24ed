import { cni } from '../artifacts/cni.ts';
import { coredns } from '../artifacts/coredns.ts';
import { debianBase, debianBusybox, debianHaproxy, debianKeepalived, debianNginx } from '../artifacts/debian-files.ts';
import { envoy, envoyVersion } from '../artifacts/envoy.ts';
import { etcd } from '../artifacts/etcd.ts';
import { flannel, flannelPluginVersion, flannelVersion } from '../artifacts/flannel.ts';
import { companionsOf, kubernetes } from '../artifacts/kubernetes.ts';
import { pause } from '../artifacts/pause.ts';
import type { Piece } from '../pieces/piece.ts';
import type { Image } from './image.ts';
import * as layer from './layers.ts';

/** Pieces that the images of these versions of Kubernetes are made of. */
export function piecesOfImages(versions: readonly string[]): Piece[] {
  const companions = versions.map(companionsOf);
  return [
    ...versions.map(kubernetes),
    ...companions.flatMap((version) => [etcd(version.etcd), coredns(version.coredns), pause(version.pause)]),
    flannel,
    cni,
    debianBase,
    debianNginx,
    debianHaproxy,
    debianKeepalived,
    debianBusybox,
    envoy,
  ];
}

/** Images under the paths that they have upstream, of registry.k8s.io, ghcr.io and docker.io alike. */
export function images(
  versions: readonly string[],
  applets: readonly string[],
  directoryOf: (piece: Piece) => string,
): Image[] {
  const debian = layer.debianLayer(directoryOf);
  const minimal = layer.minimalLayer(directoryOf);
  return [
    ...versions.flatMap((version) => kubernetesImages(version, directoryOf)),
    {
      repositories: ['flannel-io/flannel'],
      tags: [`v${flannelVersion}`],
      layers: [debian, layer.flannelLayer(directoryOf)],
      entrypoint: ['/opt/bin/flanneld'],
    },
    {
      repositories: ['flannel-io/flannel-cni-plugin'],
      tags: [`v${flannelPluginVersion}`],
      layers: [debian, layer.flannelPluginLayer(directoryOf)],
    },
    {
      repositories: ['library/nginx'],
      tags: ['1.22.1', '1.22', 'latest'],
      layers: [debian, layer.nginxLayer(directoryOf)],
      entrypoint: ['/usr/sbin/nginx'],
      command: ['-g', 'daemon off;'],
      ports: ['80/tcp'],
      stopSignal: 'SIGQUIT',
    },
    {
      repositories: ['library/haproxy'],
      tags: ['2.6.12', '2.6', 'latest'],
      layers: [debian, layer.haproxyLayer],
      entrypoint: ['/usr/sbin/haproxy'],
      command: ['-W', '-db', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
      stopSignal: 'SIGUSR1',
    },
    {
      repositories: ['osixia/keepalived'],
      tags: ['2.2.7', 'latest'],
      layers: [debian, layer.keepalivedLayer],
      command: ['keepalived', '--dont-fork', '--log-console'],
    },
    {
      repositories: ['envoyproxy/envoy'],
      tags: [`v${envoyVersion}`],
      layers: [debian, layer.envoyLayer(directoryOf)],
      command: ['envoy', '-c', '/etc/envoy/envoy.yaml'],
    },
    { repositories: ['library/debian'], tags: ['bookworm-slim', '12', 'latest'], layers: [debian], command: ['bash'] },
    {
      repositories: ['library/busybox'],
      tags: ['1.35.0', '1.35', 'latest'],
      layers: [minimal, layer.busyboxLayer(directoryOf, applets)],
      command: ['sh'],
    },
  ];
}

function kubernetesImages(version: string, directoryOf: (piece: Piece) => string): Image[] {
  const companions = companionsOf(version);
  const debian = layer.debianLayer(directoryOf);
  const minimal = layer.minimalLayer(directoryOf);
  const component = (name: string): Image => ({
    repositories: [name],
    tags: [`v${version}`],
    layers: [name === 'kube-proxy' ? debian : minimal, layer.kubernetesLayer(version, directoryOf)],
    entrypoint: [`/usr/local/bin/${name}`],
  });
  return [
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map(component),
    {
      repositories: ['etcd'],
      tags: [`${companions.etcd}-0`],
      layers: [minimal, layer.etcdLayer(companions.etcd, directoryOf)],
      entrypoint: ['/usr/local/bin/etcd'],
      ports: ['2379/tcp', '2380/tcp'],
    },
    {
      // kubeadm leaves out the first part where the registry is not registry.k8s.io
      repositories: ['coredns/coredns', 'coredns'],
      tags: [`v${companions.coredns}`],
      layers: [minimal, layer.corednsLayer(companions.coredns, directoryOf)],
      entrypoint: ['/coredns'],
      ports: ['53/tcp', '53/udp'],
    },
    {
      repositories: ['pause'],
      tags: [companions.pause],
      layers: [layer.pauseLayer(companions.pause, directoryOf)],
      entrypoint: ['/pause'],
      user: '65535:65535',
    },
  ];
}
