import { certificatesOf } from '../../../src/cluster/certificates.ts';
import { type Cluster, hostNamed } from '../../../src/cluster/cluster.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { certificateModes, scopeOf } from './evidence.ts';
import type { Drive } from './drive.ts';
import { contentScript, type HostState, parseState } from './host-state.ts';

/** What two hosts can't have alike although they were brought up alike; all else must be equal. */
const OWN: { key: RegExp; why: string }[] = [
  { key: /^unit /, why: 'process ids and times of starts; services and unit files are compared by themselves' },
  { key: /^file \/root(\/\.kube(\/.*)?)?$/, why: "kubectl's own cache, by what it was asked" },
  { key: /^file \/(var\/)?tmp\/systemd-private-/, why: 'systemd draws these names' },
  {
    key: /^file \/tmp\/(apt(\.(conf|data|sig)\.|-dpkg-install-|-key-gpghome\.)|ca-certificates\.tmp\.)/,
    why: 'of an apt, or an update-ca-certificates, that was killed; the system empties /tmp',
  },
  {
    key: /^file \/var\/lib\/kubelet\/pki\/kubelet\.(crt|key)$/,
    why: 'kubelet signs it itself, a moment after its start',
  },
  { key: /^(containers|image) .*coredns/, why: 'its pods run where the scheduler puts them' },
  { key: /^image .*@sha256:/, why: 'a second name, given after the pull; kubelet goes by the first one' },
];

/** State of a host at the end of a run, by content; what is drawn at random counts by its type, mode and owner. */
export async function twinStateOf(drive: Drive, host: string): Promise<HostState> {
  const { cluster, plan, ports } = drive;
  const effects: Effect[] = plan.tasks.flatMap((task) => drive.effectsOf(task));
  const script = contentScript(scopeOf(effects));
  const options = { maxBytes: 32 << 20, timeoutMs: 120_000 };
  const { stdout } = await ports.ssh(cluster.name).exec(hostNamed(cluster, host).connection, script, options);
  const random = randomFiles(cluster, host);
  const state: HostState = new Map();
  for (const [key, value] of parseState(stdout)) {
    if (OWN.some((own) => own.key.test(key))) continue;
    // kubelet names its certificate by the time it got it.
    const name = key.replace(/(kubelet-client-)\d{4}(-\d\d){5}/, '$1<time>');
    const isRandom = random.has(key.slice('file '.length)) || name !== key;
    const known = value.replace(/(kubelet-client-)\d{4}(-\d\d){5}/, '$1<time>');
    state.set(name, isRandom ? known.replace(/[0-9a-f]{64}$/, '<random>') : known);
  }
  return state;
}

/** Keys, and what holds or certifies them: each host draws its own. The roots and the service account key are the cluster's. */
function randomFiles(cluster: Cluster, host: string): Set<string> {
  const shared = certificatesOf(cluster, hostNamed(cluster, host)).flatMap((spec) =>
    spec.kind === 'authority'
      ? [spec.certificate.path, spec.key?.path]
      : spec.kind === 'service-account'
        ? [spec.key.path, spec.publicKey.path]
        : [],
  );
  return new Set([...certificateModes(cluster, host).keys()].filter((path) => !shared.includes(path)));
}
