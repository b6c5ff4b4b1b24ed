import { certificatePlaces } from '../cluster/certificate-places.ts';
import { endOf, type SeenCertificate } from '../cluster/certificate-state.ts';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { API_SERVER_PORT, hostPort } from '../cluster/endpoint.ts';
import { KhaError } from '../cluster/error.ts';
import { RENEWED_WITHIN_MS } from '../cluster/renewal.ts';
import { etcdHosts, isEtcd, isMaster, masters } from '../cluster/role.ts';
import { sh, shJoin } from '../formats/sh.ts';
import {
  type CertificateReader,
  certificateReaders,
  restartReader,
  staleReaders,
} from '../parts/certificate-readers.ts';
import { ETCD_METRICS_PORT } from '../parts/etcd.ts';
import { ownApiServerReady } from '../parts/own-api-server.ts';
import type { TaskResult } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { etcdTroubles } from './etcd.ts';
import { eventually } from './eventually.ts';
import { kubectl } from './kubectl.ts';
import { lookAtCertificates } from './look-at-certificates.ts';
import { lastLines, type Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** API servers look at their files once a minute, where the kernel does not tell them of a change. */
const TAKEN_UP_MS = 75_000;

const unique = (list: readonly string[]): string[] => [...new Set(list)];

/**
 * Starts anew what has not read the certificates on disk, and nothing else; one component after another, each only while the others of its
 * kind are healthy. At the end every port shows the certificate that is on disk.
 */
export async function restartReaders(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const session = scope.session(hostName);
  const { cluster } = scope;
  const { host } = session;
  const readers = certificateReaders(cluster, host);
  const found = await session.read('what has not read its certificates', staleReaders(readers));
  const old = new Set(found.split('\n').flatMap((line) => line.split('\t')[0] || []));
  for (const name of await madeLongAgo(scope, session)) old.add(name);
  const restarted: string[] = [];
  for (const reader of readers.filter(({ name }) => old.has(name))) {
    await restart(scope, session, reader, 'stale');
    restarted.push(reader.name);
  }
  for (const name of await notTakenUp(scope, session)) {
    const reader = readers.find((r) => r.name === name);
    if (!reader) continue;
    await restart(scope, session, reader, 'not-taken-up');
    restarted.push(name);
  }
  await eventually(scope.ports.clock, scope.abort, {
    what: `${hostName} serves the certificates that are on disk`,
    timeoutMs: 30_000,
    intervalMs: 1_000,
    code: 'KHA3341',
    troubles: () => differences(scope, session),
  });
  if (restarted.length > 0) await settle(scope, session);
  return restarted.length === 0
    ? { changed: false, detail: 'all that runs has read its certificates, and serves them' }
    : { changed: true, detail: `started anew: ${unique(restarted).join(', ')}; serves what is on disk` };
}

/** Which server shows a certificate, by the id of the certificate. */
const SERVERS: Record<string, CertificateReader['name']> = {
  apiserver: 'kube-apiserver',
  'etcd/server': 'etcd',
  'etcd/peer': 'etcd',
  'controller-manager': 'kube-controller-manager',
  scheduler: 'kube-scheduler',
};

const lookAt = async (
  { ports, cluster }: TaskScope,
  session: Session,
  isAbout: (id: string) => boolean,
): Promise<SeenCertificate[]> => {
  const places = certificatePlaces(cluster, session.host).filter(({ id, port }) => port !== undefined && isAbout(id));
  return places.length === 0
    ? []
    : (await lookAtCertificates(ports, { cluster, trusted: {} }, session, places)).certificates;
};

/** Servers whose certificate is their own, made at their start, and due. */
async function madeLongAgo(scope: TaskScope, session: Session): Promise<string[]> {
  const { renewal = {}, ports } = scope;
  const now = ports.clock.now();
  const own = await lookAt(scope, session, (id) => id === 'controller-manager' || id === 'scheduler');
  return own.flatMap((seen) => {
    const end = endOf(seen);
    if (end === undefined || seen.served === undefined || seen.served === 'silent') return [];
    const isOld = 10 * (now - seen.served.notBefore) > end - seen.served.notBefore;
    return isOld && end - now < (renewal.withinMs ?? RENEWED_WITHIN_MS) ? [SERVERS[seen.place.id] ?? ''] : [];
  });
}

const isOther = ({ disk, served }: SeenCertificate): boolean =>
  disk !== undefined && served !== undefined && served !== 'silent' && served.fingerprint !== disk.fingerprint;

/** Sentences on ports that show something else than what is on disk. */
async function differences(scope: TaskScope, session: Session): Promise<string[]> {
  const seen = await lookAt(scope, session, (id) => id !== 'kubelet' && Object.hasOwn(SERVERS, id));
  return seen.flatMap((one) =>
    one.served === 'silent'
      ? [`nobody answers on ${one.place.port ?? ''}`]
      : isOther(one)
        ? [`${one.place.port ?? ''} does not show ${one.place.file?.path ?? ''}`]
        : [],
  );
}

/** Servers that should have taken a new certificate up by themselves and have not, after a while. */
async function notTakenUp(scope: TaskScope, session: Session): Promise<string[]> {
  const { clock } = scope.ports;
  const end = clock.now() + TAKEN_UP_MS;
  for (;;) {
    const seen = (await lookAt(scope, session, (id) => id !== 'kubelet' && Object.hasOwn(SERVERS, id))).filter(isOther);
    if (seen.length === 0) return [];
    if (clock.now() > end) return unique(seen.map(({ place }) => SERVERS[place.id] ?? ''));
    scope.abort.throwIfAborted();
    await clock.sleep(1_000, scope.abort);
  }
}

async function restart(
  scope: TaskScope,
  session: Session,
  reader: CertificateReader,
  why: 'stale' | 'not-taken-up',
): Promise<void> {
  const { cluster, ports, abort } = scope;
  const seconds = cluster.timeouts.readyMinutes * 60;
  await gate(scope, session, reader);
  const script = restartReader(reader, { evenIf: why === 'not-taken-up' || isOfItself(reader), seconds });
  const result = await session.job(`start ${reader.name} anew`, script, { part: `${reader.name}-${why}` });
  if (result.exitCode !== 0)
    throw new KhaError(`${reader.name} of ${session.host.name} was not started anew`, {
      code: 'KHA3342',
      blame: 'host',
      where: session.host.name,
      lastLines: [...lastLines(result), ...(await diagnose(session, [reader.name])).lines],
    });
  await eventually(ports.clock, abort, {
    what: `${reader.name} of ${session.host.name} is healthy`,
    timeoutMs: seconds * 1000,
    intervalMs: 500,
    code: 'KHA3342',
    troubles: () => troublesOf(scope, session, reader),
    explain: async () => (await diagnose(session, [reader.name])).lines,
  });
}

/** Its certificate is its own: the files do not tell that it is due. */
const isOfItself = ({ name }: CertificateReader): boolean =>
  name === 'kube-controller-manager' || name === 'kube-scheduler';

const answers = async (session: Session, title: string, url: string): Promise<string[]> => {
  const asked = sh`curl -ksS --noproxy '*' --max-time 5 -f -o /dev/null ${url}`;
  const { exitCode, stderr } = await session.look(title, asked);
  return exitCode === 0 ? [] : [stderr.trim() || `no answer from ${url}`];
};

/** What keeps a component of a host from being healthy. */
async function troublesOf(scope: TaskScope, session: Session, { name }: CertificateReader): Promise<string[]> {
  const { host } = session;
  if (name === 'etcd') return etcdTroubles(etcdHosts(scope.cluster), session);
  if (name === 'kube-apiserver') {
    const { exitCode, stdout, stderr } = await session.look('is the own API server ready', ownApiServerReady(host));
    return exitCode === 0 ? [] : [stderr.trim() || stdout.trim()];
  }
  const place = certificatePlaces(scope.cluster, host).find(({ id }) => SERVERS[id] === name);
  return answers(session, `is ${name} healthy`, `https://${place?.port ?? ''}/healthz`);
}

/** Whoever is down anyway may be started; of what serves, one at a time while all others do. */
async function gate(scope: TaskScope, session: Session, reader: CertificateReader): Promise<void> {
  const { cluster, ports, abort } = scope;
  if (isOfItself(reader)) return;
  await eventually(ports.clock, abort, {
    what: `all others are healthy before ${reader.name} of ${session.host.name} goes`,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 1_000,
    code: 'KHA3304',
    troubles: async () => ((await serves(session, reader)) ? otherTroubles(scope, session, reader) : []),
  });
}

const serves = async (session: Session, { name }: CertificateReader): Promise<boolean> =>
  name === 'etcd'
    ? (await answers(session, 'does etcd answer', `http://127.0.0.1:${ETCD_METRICS_PORT}/health`)).length === 0
    : (await session.look('is the own API server ready', ownApiServerReady(session.host))).exitCode === 0;

async function otherTroubles(scope: TaskScope, session: Session, { name }: CertificateReader): Promise<string[]> {
  const { cluster, facts } = scope;
  const member = isEtcd(cluster, session.host) ? session : scope.session(answeringMember(cluster, facts));
  const ofEtcd = await etcdTroubles(etcdHosts(cluster), member);
  if (name === 'etcd') return ofEtcd;
  const others = masters(cluster).filter((other) => other.name !== session.host.name && facts[other.name]);
  const api = await Promise.all(others.map((other) => answers(session, `is ${other.name} ready`, readyUrl(other))));
  return [...ofEtcd, ...api.flat()];
}

const answeringMember = (cluster: Cluster, facts: TaskScope['facts']): string =>
  cluster.roles.etcd.find((name) => facts[name]) ?? cluster.roles.etcd[0] ?? '';

const readyUrl = ({ address }: Host): string => `https://${hostPort(address, API_SERVER_PORT)}/readyz`;

/** Who leads has said so lately: the cluster acts again before the next host goes. */
async function settle({ cluster, ports, abort }: TaskScope, session: Session): Promise<void> {
  if (!isMaster(cluster, session.host)) return;
  const leases = ['kube-controller-manager', 'kube-scheduler'];
  const script = shJoin(
    leases.map(
      (lease) =>
        sh`t=$(${kubectl(sh`-n kube-system get lease ${lease} -o ${'jsonpath={.spec.renewTime}'}`)}) || echo ${`the lease of ${lease} can't be read`}
[ -z "$t" ] || [ "$(( $(date +%s) - $(date -d "$t" +%s) ))" -lt 15 ] || echo ${`nobody leads as ${lease}`}`,
    ),
  );
  await eventually(ports.clock, abort, {
    what: `the control plane acts again after ${session.host.name}`,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 1_000,
    code: 'KHA3342',
    troubles: async () => {
      const { stdout, stderr, exitCode } = await session.look('who leads', script);
      return exitCode === 0 ? stdout.trim().split('\n').filter(Boolean) : [stderr.trim() || 'no answer'];
    },
    explain: async () => (await diagnose(session)).lines,
  });
}
