import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assumedFacts } from '../../../src/cluster/assumed-facts.ts';
import { type CertificateSpec, certificatesOf } from '../../../src/cluster/certificates.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { STANDALONE_KUBELET } from '../../../src/cluster/paths.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { initCluster } from '../../../src/operations/init-cluster.ts';

/** A file or folder as kha declares it: octal digits, `user:group`. */
interface Declared {
  path: string;
  mode: string;
  owner: string;
}

/** There until kubeadm takes the kubelet over. */
const PASSING: readonly string[] = [STANDALONE_KUBELET.dropIn];

/** What init-cluster writes on a host, by the effects of its steps and by the specification of certificates. */
export function declaredFiles(cluster: Cluster, hostName: string): Declared[] {
  const { plan, effects } = makePlan(initCluster, cluster, assumedFacts(cluster));
  const written = plan.tasks
    .filter((task) => task.host === hostName && task.effects !== undefined)
    .flatMap((task) => effects[task.effects ?? ''] ?? [])
    .flatMap((e) =>
      e.kind === 'file' || e.kind === 'directory' ? [{ path: e.path, mode: e.mode, owner: e.owner }] : [],
    );
  const host = cluster.hosts.find((h) => h.name === hostName);
  const issued = host ? certificatesOf(cluster, host).flatMap(filesOf) : [];
  const all = [...written, ...issued.map(({ path, mode }) => ({ path, mode: mode.toString(8), owner: 'root:root' }))];
  return all.filter(({ path }) => !PASSING.includes(path));
}

function filesOf(spec: CertificateSpec) {
  if (spec.kind === 'kubeconfig') return [spec.file];
  if (spec.kind === 'service-account') return [spec.key, spec.publicKey];
  return [spec.certificate, ...(spec.key ? [spec.key] : [])];
}

/** Where a host, read from below its root folder, differs from that. */
export function wrongModes(root: string, declared: readonly Declared[]): string[] {
  const users = namesIn(join(root, 'etc/passwd'));
  const groups = namesIn(join(root, 'etc/group'));
  return declared.flatMap(({ path, mode, owner }) => {
    const found = lstatSync(join(root, path), { throwIfNoEntry: false });
    if (found === undefined) return [`${path} is missing`];
    const is = `${(found.mode & 0o7777).toString(8)} ${users.get(found.uid)}:${groups.get(found.gid)}`;
    return is === `${mode} ${owner}` ? [] : [`${path} is ${is}, not ${mode} ${owner}`];
  });
}

/** Names by number, as passwd and group have them. */
const namesIn = (path: string): Map<number, string> =>
  new Map(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(':'))
      .map(([name = '', , id = '']) => [Number(id), name]),
  );
