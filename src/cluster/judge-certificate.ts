import type { CertificateFacts, CertificateRequest } from './certificate.ts';
import { formatCidr, parseAddress } from './cidr.ts';

/** What was found on a host in a certificate's place. */
export interface ExistingCertificate {
  facts: CertificateFacts;
  /** Signed by the cluster's root, and its key belongs to it. For a kubeconfig: the root inside is the cluster's too. */
  trusted: boolean;
  /** Of a kubeconfig. */
  server?: string;
}

export type Verdict = 'keep' | { renew: string };

export interface Expected {
  request: CertificateRequest;
  optionalNames: readonly string[];
  server?: string;
}

/** When a certificate that is good otherwise is renewed: with less than this part of its life left, or this time. */
export type Due = { belowPercent: number } | { withinMs: number; rootEnds: number };

/** A leaf is renewed in the last tenth of its life. */
const LAST_TENTH: Due = { belowPercent: 10 };
/** A new one that would last this little longer, measured by what it lasts, is not worth the change. */
const HARDLY_LONGER = 0.1;
const DAY_MS = 86_400_000;

/**
 * Is an existing certificate good enough? More names than asked for are no reason to renew: nothing fails by them,
 * and each renewal restarts what uses it.
 *
 * @param existing undefined: certificate or key are missing or can't be read
 * @param now ms since the epoch
 * @returns `keep`, or the reason as the end of a sentence "is renewed: …"
 */
export function judge(
  expected: Expected,
  existing: ExistingCertificate | undefined,
  now: number,
  due: Due = LAST_TENTH,
): Verdict {
  if (!existing) return { renew: 'it is missing' };
  const reason =
    identity(expected, existing) ?? names(expected, existing.facts) ?? validity(expected, existing.facts, now, due);
  return reason === undefined ? 'keep' : { renew: reason };
}

function identity({ request, server }: Expected, { facts, trusted, server: found }: ExistingCertificate) {
  if (!trusted) return "it is not signed by the cluster's authority, or its key is another";
  if (facts.isCa) return 'it is a certificate authority';
  if (facts.commonName !== request.commonName) return `it is for ${facts.commonName}, not for ${request.commonName}`;
  const groups = (list: readonly string[]) => [...list].sort().join(', ') || 'no organization';
  if (groups(facts.organizations) !== groups(request.organizations ?? []))
    return `it is for ${groups(facts.organizations)}, not for ${groups(request.organizations ?? [])}`;
  const lacking = request.usages.filter((usage) => !facts.usages.includes(usage));
  if (lacking.length) return `it can't be used as ${lacking.join(' and ')}`;
  if (server !== undefined && found !== server) return `it points to ${found ?? 'no server'}, not to ${server}`;
  return undefined;
}

function names({ request, optionalNames }: Expected, facts: CertificateFacts): string | undefined {
  const has = new Set([...facts.dnsNames, ...facts.ipAddresses].map(canonical));
  const missing = [...(request.dnsNames ?? []), ...(request.ipAddresses ?? [])].filter(
    (name) => !has.has(canonical(name)) && !optionalNames.includes(name),
  );
  return missing.length ? `it lacks ${missing.join(', ')}` : undefined;
}

/** One spelling for each address and name: `fd00::0:1` and `fd00::1` are the same. */
function canonical(name: string): string {
  const address = parseAddress(name);
  return address ? formatCidr(address) : name.toLowerCase();
}

function validity({ request }: Expected, facts: CertificateFacts, now: number, due: Due): string | undefined {
  if (now >= facts.notAfter) return `it expired on ${day(facts.notAfter)}`;
  if (now < facts.notBefore) return `it is not valid before ${new Date(facts.notBefore).toISOString()}`;
  const left = facts.notAfter - now;
  const isDue =
    'belowPercent' in due
      ? (100 * left) / (facts.notAfter - facts.notBefore) < due.belowPercent
      : left < due.withinMs && isWorth(left, Math.min(request.days * DAY_MS, due.rootEnds - now));
  return isDue ? `it expires on ${day(facts.notAfter)}` : undefined;
}

/** So that a second renewal changes nothing, however long the time is that was asked for; and where the authority ends first. */
const isWorth = (left: number, lasts: number): boolean => lasts - left > HARDLY_LONGER * lasts;

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
