import { certificatePlaces, KUBELET_ID } from '../cluster/certificate-places.ts';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { refusal, type Triage, triageServingRequests } from '../cluster/serving-request.ts';
import { nodes } from '../cluster/role.ts';
import { digest } from '../formats/digest.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import type { TaskResult } from './contract.ts';
import { kubectl, readyMaster } from './kubectl.ts';
import { type Listed, type ListedRequest, listServingRequests, type RequestObject } from './list-serving-requests.ts';
import { lookAtCertificates } from './look-at-certificates.ts';
import type { Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

const REASON = 'KhaVerified';
/** A controller manager that has just been started signs within this time. */
const ISSUED_MS = 90_000;
/** kubelet hears of it at once. */
const SERVED_MS = 30_000;
const BATCH = 25;
const MOST_WARNINGS = 20;

/**
 * Approves what kubelets ask for where it is what kha itself would issue, and waits until they serve it. Nothing here keeps a renewal from
 * going on: what did not come about is told, and is issued by kha where it is due.
 */
export async function approveServingRequests(scope: TaskScope): Promise<TaskResult> {
  const { ports, cluster, renewal, abort } = scope;
  if (!(renewal?.certificates?.includes(KUBELET_ID) ?? true))
    return { changed: false, detail: 'what kubelets serve is not to be renewed' };
  const master = await readyMaster(cluster, scope.session).catch((error: unknown) => {
    abort.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  });
  if (typeof master === 'string') return { changed: false, detail: `passed over: ${master}` };
  const first = await listServingRequests(ports.authority, master);
  if (typeof first === 'string') return { changed: false, detail: `passed over: the API does not answer: ${first}` };
  const { mine, refused, troubles } = await approveAll(scope, master, first);
  const warnings = [...refused.map(refusal), ...troubles, ...(await unserved(scope, mine))];
  return {
    changed: mine.length > 0,
    detail: detailOf(mine, refused.length),
    ...(warnings.length > 0 ? { warnings: shortened(warnings) } : {}),
  };
}

function detailOf(mine: readonly Approved[], refused: number): string {
  const names = [...new Set(mine.map(({ host }) => host.name))];
  const approved = `approved what ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''} asked for`;
  const left = `${refused === 1 ? '1 request is' : `${refused} requests are`} left as ${refused === 1 ? 'it is' : 'they are'}`;
  if (mine.length === 0) return refused === 0 ? 'no kubelet waits for an approval' : left;
  return refused === 0 ? approved : `${approved}; ${left}`;
}

const shortened = (warnings: readonly string[]): string[] =>
  warnings.length > MOST_WARNINGS
    ? [...warnings.slice(0, MOST_WARNINGS), `… and ${warnings.length - MOST_WARNINGS} more`]
    : [...warnings];

interface Approved {
  request: ListedRequest;
  host: Host;
}

interface Outcome {
  /** What this operation approved, by whichever attempt. */
  mine: Approved[];
  refused: Triage<ListedRequest>['refused'];
  troubles: string[];
}

/** Approves, reads back, and waits for the certificates, until nothing is left to wait for or the time is up. */
async function approveAll(scope: TaskScope, master: Session, first: Listed): Promise<Outcome> {
  const { ports, cluster, targets, run, abort } = scope;
  const { clock } = ports;
  const end = clock.now() + ISSUED_MS;
  let listed: Listed = first;
  let failed = new Map<string, string>();
  for (let round = 0; ; round++) {
    const { good, anew, refused } = triageServingRequests(listed.requests, { cluster, targets, now: listed.now });
    const mine = approvedBy(run, cluster, listed.requests);
    const unissued = mine.filter(({ request }) => !request.object.status?.certificate);
    if ((good.length === 0 && anew.length === 0 && unissued.length === 0) || clock.now() >= end)
      return {
        mine,
        refused,
        troubles: [
          ...good.map(
            ({ request, host }) =>
              `${request.name} of ${host.name} could not be approved: ${failed.get(request.name) ?? 'it has just come'}`,
          ),
          ...unissued.map(
            ({ request, host }) =>
              `${request.name} of ${host.name} is approved, and has no certificate yet: do controller managers run?`,
          ),
        ],
      };
    if (good.length > 0) failed = await approve(master, good, { run, round });
    if (good.length === 0 || failed.size > 0) await clock.sleep(1_000, abort);
    const next = await listServingRequests(ports.authority, master);
    // The API may be away for a moment; what was seen last counts until it is back.
    if (typeof next !== 'string') listed = next;
    else await clock.sleep(1_000, abort);
  }
}

const wordOf = (run: string): string => `(run ${run})`;

/** An attempt that died has left its word in what it approved. */
const approvedBy = (run: string, cluster: Cluster, requests: readonly ListedRequest[]): Approved[] =>
  requests.flatMap((request) => {
    const host = nodes(cluster).find(({ nodeName }) => request.username === `system:node:${nodeName}`);
    const isMine = request.object.status?.conditions?.some(
      ({ type, reason, message = '' }) => type === 'Approved' && reason === REASON && message.endsWith(wordOf(run)),
    );
    return host && isMine ? [{ request, host }] : [];
  });

/** Returns what went wrong by the name of the request. A request that is no longer what was judged is refused by the API server. */
async function approve(
  master: Session,
  good: readonly Approved[],
  { run, round }: { run: string; round: number },
): Promise<Map<string, string>> {
  const failed = new Map<string, string>();
  for (let at = 0; at < good.length; at += BATCH) {
    const batch = good.slice(at, at + BATCH);
    const versions = batch.map(
      ({ request: { object } }) => `${object.metadata.name} ${object.metadata.resourceVersion}`,
    );
    const result = await master.job('approve requests of kubelets', shJoin(batch.map((one) => approval(one, run))), {
      part: `${digest(versions.join('\n')).slice(0, 12)}-${round}`,
    });
    for (const line of result.stdout.split('\n')) {
      const [name = '', why] = line.split('\t');
      if (why !== undefined) failed.set(name, why.trim());
    }
    if (result.exitCode !== 0)
      for (const { request } of batch) failed.set(request.name, `exit code ${result.exitCode}`);
  }
  return failed;
}

/** Writes the object as it was read: with another version of it than the one that was judged the API server takes nothing. */
function approval({ request: { name, object }, host }: Approved, run: string): Command {
  const path = `/apis/certificates.k8s.io/v1/certificatesigningrequests/${name}/approval`;
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: REASON,
    message: `The node, its names and addresses are those that are recorded of ${host.name} ${wordOf(run)}`,
  };
  const conditions = [...(object.status?.conditions ?? []), condition];
  const approved: RequestObject = { ...object, status: { ...object.status, conditions } };
  return sh`kha_out=$(printf '%s' ${JSON.stringify(approved)} | ${kubectl(sh`replace --raw ${path} -f -`)} 2>&1 >/dev/null) || printf '%s\t%s\n' ${name} "$(printf '%s' "$kha_out" | tail -n 1)"`;
}

/** Of those that got a certificate: who does not show it when the time is up. */
async function unserved({ ports, cluster, session, abort }: TaskScope, mine: readonly Approved[]): Promise<string[]> {
  // kubelet that was started anew meanwhile asked again: its last one counts.
  const last = new Map(
    [...mine].sort((a, b) => a.request.createdAt - b.request.createdAt).map((m) => [m.host.name, m]),
  );
  const issued = [...last.values()].flatMap(({ request: { name, object }, host }) => {
    const pem = object.status?.certificate;
    return pem
      ? [{ name, host, print: ports.authority.inspect(Buffer.from(pem, 'base64').toString()).fingerprint }]
      : [];
  });
  const end = ports.clock.now() + SERVED_MS;
  const trouble = async ({ name, host, print }: (typeof issued)[number]): Promise<string[]> => {
    const here = session(host.name);
    const places = certificatePlaces(cluster, host).filter(({ id }) => id === KUBELET_ID);
    for (;;) {
      const seen = await lookAtCertificates(ports, { cluster, trusted: {} }, here, places).catch((error: unknown) => {
        abort.throwIfAborted();
        return error instanceof Error ? error.message : String(error);
      });
      if (typeof seen === 'string')
        return [`${host.name} was given a certificate (${name}); what it serves is not known: ${seen}`];
      const served = seen.certificates[0]?.served;
      // Without openssl nobody can tell.
      if (seen.isBlind || (served && served !== 'silent' && served.fingerprint === print)) return [];
      if (ports.clock.now() >= end) return [`${host.name} was given a certificate (${name}) and does not serve it yet`];
      await ports.clock.sleep(700, abort);
    }
  };
  return (await Promise.all(issued.map(trouble))).flat();
}
