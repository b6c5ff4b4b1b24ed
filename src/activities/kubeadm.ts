import { randomBytes } from 'node:crypto';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { controlPlaneEndpoint } from '../cluster/endpoint.ts';
import { isLocalLoadBalancer, isMaster } from '../cluster/role.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import { loadBalancerOf } from '../parts/load-balancer/registry.ts';
import { ownApiServerReady } from '../parts/own-api-server.ts';
import { ignoresAll } from '../parts/kubeadm-api/model.ts';
import { kubeadmInitConfig, kubeadmJoinConfig } from '../parts/kubeadm-api/registry.ts';
import { BOOTSTRAP_CONF, KUBELET_CONF, MANIFEST_DIR } from '../cluster/paths.ts';
import { rootOf } from './create-authorities.ts';
import { diagnose } from './diagnose.ts';
import { eventually } from './eventually.ts';
import { untilEtcdAgrees } from './check-etcd.ts';
import type { TaskResult } from './contract.ts';
import { handOver } from './hand-over.ts';
import { kubectl, readyMaster } from './kubectl.ts';
import { isInitialised, isJoined, membership } from './membership.ts';
import { demandOneAuthority } from './rotate-authorities.ts';
import { lastLines, type Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** Bootstrap tokens live just long enough for one join on a slow host. */
const TOKEN_TTL = '15m0s';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const word = (length: number): string =>
  Array.from(randomBytes(length * 2), (b) => (b < 252 ? ALPHABET[b % 36] : ''))
    .join('')
    .slice(0, length)
    .padEnd(length, 'a');
/** `[a-z0-9]{6}.[a-z0-9]{16}`, as kubeadm wants bootstrap tokens. */
export const bootstrapToken = (): string => `${word(6)}.${word(16)}`;

/** Our own files are in the places that kubeadm expects empty; the pods of the standalone kubelet too. */
const OURS = ['DirAvailable--etc-kubernetes-manifests', 'FileAvailable--etc-kubernetes-pki-ca.crt'];
/** What a run that was cut off by a power loss may have left. */
const LEFTOVERS = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(
    (n) => `FileAvailable--etc-kubernetes-manifests-${n}.yaml`,
  ),
  ...['kubelet.conf', 'bootstrap-kubelet.conf'].map((n) => `FileAvailable--etc-kubernetes-${n}`),
  ...[6443, 10250, 10257, 10259].map((p) => `Port-${p}`),
];

/** Each may be the only one that kubeadm had come to write. */
const TRACES = [KUBELET_CONF, BOOTSTRAP_CONF, `${MANIFEST_DIR}/kube-apiserver.yaml`];

/** Value of kubeadm's --ignore-preflight-errors, which refuses `all` together with others. */
export function ignoring({ kubernetes: { ignorePreflightErrors } }: Cluster, again: boolean): string {
  if (ignoresAll(ignorePreflightErrors)) return 'all';
  return [...new Set([...OURS, ...(again ? LEFTOVERS : []), ...ignorePreflightErrors])].join(',');
}

/**
 * kubeadm refuses a node that is registered and ready. Where a former try left one, it is taken away first, in the job
 * itself: a worker that wakes up too late can't do that to a node which has joined meanwhile.
 */
const forgetHalfJoined = (host: Host): Command => kubectl(sh`delete node ${host.nodeName} --ignore-not-found`);

/** What a former run of the script has left is seen by the script itself: it is run again where it was killed. */
function kubeadmScript(session: Session, verb: 'init' | 'join', cluster: Cluster): Command {
  const { host } = session;
  const rejoin = [
    sh`if [ "$(${membership(cluster, host)} | wc -l)" = 1 ]; then rm -f ${BOOTSTRAP_CONF}; echo 'is a member already'; exit 0; fi`,
    ...(isMaster(cluster, host) ? [forgetHalfJoined(host)] : []),
  ];
  return shJoin([
    sh`set -e
ignore=${ignoring(cluster, false)} again=
for f in ${TRACES}; do [ ! -e "$f" ] || again=1; done
if [ -n "$again" ]; then
ignore=${ignoring(cluster, true)}`,
    ...(verb === 'join' ? rejoin : []),
    sh`fi`,
    handOver(cluster, host),
    // What init prints is logged and shown; without this it ends with a join command, token included.
    sh`kubeadm ${verb} --config "$KHA_SECRETS/kubeadm.yaml" --ignore-preflight-errors="$ignore" ${verb === 'init' ? ['--skip-token-print'] : []}`,
  ]);
}

async function runKubeadm(
  session: Session,
  verb: 'init' | 'join',
  config: string,
  { cluster, attempt }: TaskScope,
): Promise<void> {
  const script = kubeadmScript(session, verb, cluster);
  const result = await session.job(`kubeadm ${verb}`, script, { secrets: { 'kubeadm.yaml': config }, part: verb });
  if (result.exitCode === 0) return;
  const { lines, isCrashing } = await diagnose(session, dependsOn(cluster, session.host));
  throw new KhaError(`kubeadm ${verb} failed on ${session.host.name} (exit code ${result.exitCode})`, {
    code: verb === 'init' ? 'KHA3310' : 'KHA3311',
    blame: 'host',
    where: session.host.name,
    hint: `The whole output: kha logs ${cluster.name}. What stands there already is used again at a retry.`,
    lastLines: [...lastLines({ ...result, stderr: withoutWarnings(result.stderr) }), ...lines],
    // kubeadm has waited its time twice for something that ends again and again: now a person looks.
    final: isCrashing && attempt > 1,
  });
}

/** What kubeadm says of a failure, without what it warns of each time. */
const withoutWarnings = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^\s*\[WARNING |^W\d{4} /.test(line))
    .join('\n');

/** The container that kubeadm waits for on a host: of the API server, or of the way to the API servers. */
const dependsOn = (cluster: Cluster, host: Host): string[] => {
  if (isMaster(cluster, host)) return ['kube-apiserver'];
  return isLocalLoadBalancer(cluster) ? [loadBalancerOf(cluster).mode] : [];
};

const hasKubeletConf = async (session: Session): Promise<boolean> =>
  (await session.look('has kubeadm run here', sh`[ -e ${KUBELET_CONF} ]`)).exitCode === 0;

async function waitForOwnApiServer({ ports, cluster, abort }: TaskScope, session: Session): Promise<void> {
  await eventually(ports.clock, abort, {
    what: `the API server of ${session.host.name} becomes ready`,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 300,
    code: 'KHA3303',
    troubles: async () => {
      const r = await session.look('is the own API server ready', ownApiServerReady(session.host));
      return r.exitCode === 0 ? [] : [r.stderr.trim() || r.stdout.trim()];
    },
    explain: async () => (await diagnose(session, ['kube-apiserver'])).lines,
  });
}

/** kubeadm init on the first master, once. Done means: its last phase has left its objects. */
export async function initFirstMaster(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const session = scope.session(hostName);
  const { cluster, facts } = scope;
  const runs = await session.isRunning('init');
  const began = runs || (await hasKubeletConf(session));
  if (!runs && began && (await isInitialised(scope, session))) return { changed: false, detail: 'is initialised' };
  await demandOneAuthority(scope.ports.store, cluster);
  const config = kubeadmInitConfig(cluster, session.host, facts[session.host.name], {
    token: bootstrapToken(),
    tokenTtl: TOKEN_TTL,
  });
  await runKubeadm(session, 'init', config, scope);
  await waitForOwnApiServer(scope, session);
  return { changed: true, detail: `kubeadm init of v${cluster.kubernetes.version}` };
}

/** Joins, unless the host is a complete member already. */
async function join(scope: TaskScope, session: Session): Promise<boolean> {
  const { ports, cluster, facts } = scope;
  // While a join runs that a dead worker left, its traces say nothing: it is attached to below.
  const runs = await session.isRunning('join');
  const began = runs || (await hasKubeletConf(session));
  if (!runs && began && (await isJoined(scope, session))) return false;
  if (isMaster(cluster, session.host)) {
    await demandOneAuthority(ports.store, cluster);
    await controlPlaneIsHealthy(scope);
  }
  const helper = await readyMaster(cluster, scope.session, [session.host.name]);
  const token = (
    await helper.read(
      'make a bootstrap token',
      sh`kubeadm token create --kubeconfig /etc/kubernetes/admin.conf --ttl ${TOKEN_TTL}`,
      { secretOutput: true },
    )
  ).trim();
  const root = await rootOf(ports, cluster, 'kubernetes');
  const config = kubeadmJoinConfig(cluster, session.host, facts[session.host.name], {
    token,
    caPin: ports.authority.publicKeyPin(root.certificate),
    endpoint: controlPlaneEndpoint(cluster),
    controlPlane: isMaster(cluster, session.host),
  });
  try {
    await runKubeadm(session, 'join', config, scope);
  } finally {
    // Best effort: it ends by itself soon.
    await helper
      .look(
        'delete the bootstrap token',
        sh`kubeadm token delete --kubeconfig /etc/kubernetes/admin.conf ${token.split('.')[0] ?? ''}`,
      )
      .catch(() => undefined);
  }
  return true;
}

/** One master at a time, and only onto members that agree. */
async function controlPlaneIsHealthy(scope: TaskScope): Promise<void> {
  const members = scope.cluster.roles.etcd;
  const member = scope.session(members.find((name) => scope.facts[name]) ?? members[0] ?? '');
  const what = 'the control plane is healthy before the next master joins';
  await untilEtcdAgrees(scope, member, { what, code: 'KHA3304' });
}

/** kubeadm join of one more master, between two looks at etcd and the API servers. */
export async function joinMaster(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const session = scope.session(hostName);
  const joined = await join(scope, session);
  await waitForOwnApiServer(scope, session);
  return joined
    ? { changed: true, detail: 'joined the control plane' }
    : { changed: false, detail: 'is a master of the cluster' };
}

/** kubeadm join of a worker. */
export async function joinWorker(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const joined = await join(scope, scope.session(hostName));
  return joined
    ? { changed: true, detail: 'joined the cluster' }
    : { changed: false, detail: 'is a node of the cluster' };
}
