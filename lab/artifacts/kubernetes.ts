import { createHash } from 'node:crypto';
import type { Piece } from '../pieces/piece.ts';
import { once } from '../pieces/once.ts';
import { labError } from '../error.ts';
import { goModuleInfo, goPrograms } from './go.ts';

/** Versions of Kubernetes that the lab can offer, newest first, and what their kubeadm wants besides. */
const releases: Record<string, { etcd: string; coredns: string; pause: string }> = {
  '1.37.2': { etcd: '3.7.0', coredns: '1.14.6', pause: '3.10.2' },
  '1.36.3': { etcd: '3.6.8', coredns: '1.14.2', pause: '3.10.2' },
};

export const kubernetesVersions: readonly string[] = Object.keys(releases);

/** What the lab offers where nobody asks for a version. */
export const newestKubernetes = '1.37.2';

/** Versions of etcd, CoreDNS and pause that go with a version of Kubernetes. */
export function companionsOf(version: string): { etcd: string; coredns: string; pause: string } {
  const found = releases[version];
  if (found === undefined) {
    throw labError(
      `The lab has no Kubernetes ${version}.`,
      `It has ${kubernetesVersions.join(' and ')}. Another needs a go.mod in lab/artifacts/kubernetes and a line in kubernetes.ts.`,
    );
  }
  return found;
}

/** Names under which the one program is called. */
export const kubernetesPrograms = [
  'kubeadm',
  'kubelet',
  'kubectl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
] as const;

/**
 * All of Kubernetes as one program, picked by the name it is called with: built once instead of seven times. Upstream's go.mod with
 * the staging modules replaced by their published versions, upstream's build tags.
 */
export const kubernetes = once((version: string): Piece => {
  companionsOf(version);
  return goPrograms({
    id: 'kubernetes',
    version,
    sources: ['kubernetes/main.go', `kubernetes/${version}`],
    programs: [
      {
        name: 'hyperkube',
        package: '.',
        tags: ['selinux', 'notest', 'grpcnotrace'],
        variables: () => versionVariables(version),
        links: kubernetesPrograms,
      },
    ],
    seconds: 540,
  });
});

/** What `kubeadm version` and the others show, and check of each other. */
async function versionVariables(version: string): Promise<Record<string, string>> {
  const { sum, time } = await goModuleInfo('k8s.io/kubernetes', version);
  const [major = '', minor = ''] = version.split('.');
  const values = {
    gitVersion: `v${version}`,
    gitMajor: major,
    gitMinor: minor,
    // the module proxy knows no commit: a stable stand-in made from the module's checksum
    gitCommit: createHash('sha1').update(sum).digest('hex'),
    gitTreeState: 'clean',
    buildDate: time,
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return Object.fromEntries(
    packages.flatMap((path) => Object.entries(values).map(([name, value]) => [`${path}.${name}`, value])),
  );
}
