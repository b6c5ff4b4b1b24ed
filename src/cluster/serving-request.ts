import type { SigningRequestFacts } from './certificate.ts';
import { certificatesOf } from './certificates.ts';
import { formatCidr, parseAddress } from './cidr.ts';
import type { Cluster, Host } from './cluster.ts';
import { nodes } from './role.ts';

export const SERVING_SIGNER = 'kubernetes.io/kubelet-serving';
const NODE = 'system:node:';
const NODES = 'system:nodes';
/** Those of ECDSA need no key encipherment; older kubelets ask for it nevertheless. */
const USAGES = ['digital signature', 'server auth'];
const MAY = 'key encipherment';
/** certificateWaitTimeout of kubelet: then it forgets the key, and asks anew within half a minute. */
const AWAITED_MS = 15 * 60_000;
const ASKS_ANEW_MS = 75_000;

/** A CertificateSigningRequest of the cluster. */
export interface ServingRequest {
  name: string;
  /** ms since the epoch, by the cluster's clock. */
  createdAt: number;
  signerName: string;
  /** Who made it, as the API server knows him. */
  username: string;
  groups: readonly string[];
  usages: readonly string[];
  /** Absent: it can't be read. */
  asks?: SigningRequestFacts;
  state: 'pending' | 'approved' | 'over';
}

export type Judged = { host: Host } | { reasons: string[] };

/**
 * Whose certificate is it, if it is one that kha itself would issue: made by that node, for the names and addresses that are recorded of
 * its host, to serve and for nothing else? Else why not, as the end of "is not approved: …".
 */
export function judgeServingRequest(request: ServingRequest, cluster: Cluster): Judged {
  const { username, groups, asks } = request;
  if (request.signerName !== SERVING_SIGNER) return { reasons: [`it is for the signer ${shown(request.signerName)}`] };
  if (!username.startsWith(NODE) || !groups.includes(NODES)) return { reasons: [`${shown(username)} is no node`] };
  const host = nodes(cluster).find(({ nodeName }) => `${NODE}${nodeName}` === username);
  if (!host) return { reasons: [`no node ${shown(username.slice(NODE.length))} is recorded`] };
  if (!asks) return { reasons: ["it can't be read, or is none of a kubelet"] };
  const reasons = [...aboutKey(asks), ...aboutSubject(asks, username), ...aboutUsages(request), ...extras(asks)];
  reasons.push(...aboutNames(asks, cluster, host));
  return reasons.length > 0 ? { reasons } : { host };
}

const aboutKey = ({ isSigned, isStrong, key }: SigningRequestFacts): string[] => [
  ...(isSigned ? [] : ['its signature is not of its key']),
  ...(isStrong ? [] : [`its key is too weak (${shown(key)})`]),
];

function aboutSubject({ commonName, organizations }: SigningRequestFacts, username: string): string[] {
  if (commonName === username && organizations.length === 1 && organizations[0] === NODES) return [];
  const subject = [commonName, ...organizations].map(shown).join(', ');
  return [`it is for ${subject}, and was made by ${shown(username)}`];
}

function aboutUsages({ usages }: ServingRequest): string[] {
  const has = new Set(usages);
  const isRight = USAGES.every((usage) => has.has(usage)) && usages.every((u) => u === MAY || USAGES.includes(u));
  return isRight ? [] : [`it is to be used for ${usages.map(shown).join(', ') || 'nothing'}`];
}

const extras = ({ others }: SigningRequestFacts): string[] => others.map((other) => `it asks for ${shown(other)}`);

/** Against the names that kha puts into the certificate that it issues for that host. */
function aboutNames({ dnsNames, ipAddresses }: SigningRequestFacts, cluster: Cluster, host: Host): string[] {
  const own = certificatesOf(cluster, host).find(({ id }) => id === 'kubelet');
  if (own?.kind !== 'leaf') return [`${host.name} has no kubelet`];
  const recorded = [...(own.request.dnsNames ?? []), ...(own.request.ipAddresses ?? [])];
  const addresses = (own.request.ipAddresses ?? []).map(canonical);
  const strange = [
    ...dnsNames.filter((name) => !own.request.dnsNames?.includes(name)),
    ...ipAddresses.filter((address) => !addresses.includes(canonical(address))),
  ];
  if (strange.length > 0)
    return [`it asks for ${strange.map(shown).join(', ')}; recorded of ${host.name} are ${recorded.join(', ')}`];
  return dnsNames.length + ipAddresses.length > 0 ? [] : ['it asks for no name and no address'];
}

function canonical(text: string): string {
  const address = parseAddress(text);
  return address ? formatCidr(address) : text;
}

/** What somebody else wrote, for a terminal. */
const shown = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);

export interface Refused {
  /** The newest of those that are alike. */
  request: ServingRequest;
  reasons: string[];
  /** How many are older and alike. */
  more: number;
}

export interface Triage<R extends ServingRequest> {
  /** The newest good one of each node, while its kubelet waits for it. */
  good: { request: R; host: Host }[];
  /** Nodes whose last one nobody waits for any more: they ask anew any moment. */
  anew: Host[];
  refused: Refused[];
}

/** @param targets hosts that it is about; requests of nobody who is recorded are told in any case */
export function triageServingRequests<R extends ServingRequest>(
  requests: readonly R[],
  { cluster, targets, now }: { cluster: Cluster; targets: readonly Host[]; now: number },
): Triage<R> {
  const newestFirst = [...requests].sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? 1 : -1));
  const isTarget = (host: Host): boolean => targets.some(({ name }) => name === host.name);
  const approved = new Set<string>();
  const newest = new Map<string, { request: R; host: Host }>();
  const refused = new Map<string, Refused>();
  for (const request of newestFirst) {
    // kubelet waits for its last one alone: what is older than one that was approved is nobody's.
    if (request.state === 'approved') approved.add(request.username);
    if (request.state !== 'pending') continue;
    const judged = judgeServingRequest(request, cluster);
    if ('host' in judged) {
      const { host } = judged;
      const counts = isTarget(host) && !approved.has(request.username) && !newest.has(host.name);
      if (counts) newest.set(host.name, { request, host });
      continue;
    }
    const about = nodes(cluster).find(({ nodeName }) => `${NODE}${nodeName}` === request.username);
    if (about && !isTarget(about)) continue;
    const key = `${request.username} ${judged.reasons.join('; ')}`;
    const alike = refused.get(key);
    if (alike) alike.more++;
    else refused.set(key, { request, reasons: judged.reasons, more: 0 });
  }
  const age = ({ request }: { request: R }): number => now - request.createdAt;
  const last = [...newest.values()];
  return {
    good: last.filter((one) => age(one) < AWAITED_MS),
    anew: last.filter((one) => age(one) >= AWAITED_MS && age(one) < AWAITED_MS + ASKS_ANEW_MS).map(({ host }) => host),
    refused: [...refused.values()],
  };
}

/** `request csr-x of system:node:w1 is not approved: …`. */
export const refusal = ({ request, reasons, more }: Refused): string =>
  `request ${request.name} of ${shown(request.username)}${more > 0 ? ` (and ${more} alike)` : ''} is not approved: ${reasons.join('; ')}`;
