import { join } from 'node:path';
import { cni, cniPlugins, cniVersion } from '../artifacts/cni.ts';
import { containerd, containerdVersion, criToolsVersion } from '../artifacts/containerd.ts';
import { kubernetes, type kubernetesPrograms } from '../artifacts/kubernetes.ts';
import { runc, runcVersion } from '../artifacts/runc.ts';
import type { Piece } from '../pieces/piece.ts';
import type { Deb } from './deb.ts';
import { containerdService, kubeadmDropIn, kubeletService } from './units.ts';

/** Revision of the packages of a Kubernetes release, as upstream's repository numbers them. */
const revision = '1.1';

/**
 * The packages of one version of Kubernetes, laid out as upstream's. Its programs are one (kubernetes-hyperkube-…, which several
 * versions can have side by side); the well-known packages link to it.
 */
export function kubernetesPackages(version: string, directoryOf: (piece: Piece) => string): Deb[] {
  const program = `/usr/lib/kubernetes-hyperkube-${version}/hyperkube`;
  const carrier: Deb = {
    name: `kubernetes-hyperkube-${version}`,
    version: `${version}-${revision}`,
    description: 'All programs of Kubernetes in one',
    files: { [program]: { copy: join(directoryOf(kubernetes(version)), 'hyperkube') } },
  };
  const linking = (name: (typeof kubernetesPrograms)[number], rest: Partial<Deb> & { description: string }): Deb => ({
    name,
    version: carrier.version,
    ...rest,
    depends: [`${carrier.name} (= ${carrier.version})`, ...(rest.depends ?? [])],
    files: { [`/usr/bin/${name}`]: { link: `..${program.slice('/usr'.length)}` }, ...rest.files },
  });
  return [
    carrier,
    linking('kubectl', { description: 'Command-line utility for interacting with a Kubernetes cluster' }),
    linking('kubeadm', {
      description: 'Command-line utility for administering a Kubernetes cluster',
      files: { '/lib/systemd/system/kubelet.service.d/10-kubeadm.conf': { text: kubeadmDropIn } },
    }),
    linking('kubelet', {
      description: 'Node agent for Kubernetes clusters',
      depends: ['kubernetes-cni (>= 1.2.0)', 'mount', 'util-linux'],
      recommends: ['iptables (>= 1.8.4)'],
      files: {
        '/lib/systemd/system/kubelet.service': { text: kubeletService },
        '/etc/default/kubelet': { text: 'KUBELET_EXTRA_ARGS=\n' },
        '/var/lib/kubelet/.kubelet-keep': { text: '' },
        '/etc/kubernetes/manifests/.kubelet-keep': { text: '' },
      },
      configuration: ['/etc/default/kubelet'],
      units: [{ name: 'kubelet.service', start: false }],
    }),
  ];
}

/** Packages that go with every version of Kubernetes. */
export function commonPackages(directoryOf: (piece: Piece) => string): Deb[] {
  const [first = '', ...others] = cniPlugins;
  const from = (piece: Piece, name: string) => ({ copy: join(directoryOf(piece), name) });
  return [
    {
      name: 'kubernetes-cni',
      version: `${cniVersion}-${revision}`,
      description: 'Binaries required to provision kubernetes container networking',
      files: {
        [`/opt/cni/bin/${first}`]: from(cni, 'cni'),
        ...Object.fromEntries(others.map((name) => [`/opt/cni/bin/${name}`, { link: first }])),
      },
    },
    {
      name: 'cri-tools',
      version: `${criToolsVersion}-${revision}`,
      description: 'Command-line utility for interacting with a container runtime',
      files: { '/usr/bin/crictl': from(containerd, 'crictl') },
    },
    {
      name: 'runc',
      version: `${runcVersion}-1`,
      description: 'Open Container Project - runtime',
      files: { '/usr/sbin/runc': from(runc, 'runc') },
    },
    {
      name: 'containerd',
      version: `${containerdVersion}-1`,
      description: 'Open and reliable container runtime',
      depends: ['runc (>= 1.2)'],
      fields: { Provides: 'containerd.io' },
      files: {
        '/usr/bin/containerd': from(containerd, 'containerd'),
        '/usr/bin/ctr': { link: 'containerd' },
        '/usr/bin/containerd-shim-runc-v2': from(containerd, 'containerd-shim-runc-v2'),
        '/lib/systemd/system/containerd.service': { text: containerdService },
      },
      units: [{ name: 'containerd.service', start: true }],
    },
  ];
}

/** Pieces that the packages of these versions are made of. */
export function piecesOfPackages(versions: readonly string[]): Piece[] {
  return [...versions.map(kubernetes), cni, containerd, runc];
}
