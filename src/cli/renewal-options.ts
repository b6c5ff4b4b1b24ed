import type { Cluster } from '../cluster/cluster.ts';
import { RENEWED_WITHIN_MS, type Renewal, renewable } from '../cluster/renewal.ts';
import type { Operation } from '../graph/operation.ts';
import { renewCertificates } from '../operations/renew-certificates.ts';
import { operationNamed } from '../operations/registry.ts';
import { rotateAuthorities } from '../operations/rotate-authorities.ts';
import { type ArgumentSpecs, flag, type Input, list, text } from './command.ts';
import { usageError } from './errors.ts';
import { splitList } from './options.ts';
import { parseDuration } from '../formats/duration.ts';

/** For operations that renew certificates. */
export const renewalOptions = {
  within: text({
    value: 'TIME',
    about: `Of renew-certificates: those are due that end within this time (default: ${RENEWED_WITHIN_MS / 86_400_000}d).`,
  }),
  certificate: list({
    value: 'ID',
    about: 'Of renew-certificates: only these, as kha get certificates names them: apiserver, etcd/peer, admin.conf, …',
  }),
};

/** Replaces the authorities in the place of renewing what they signed. */
export const rotateOption = {
  rotateCa: flag({
    about: 'Of renew-certificates: new authorities take the place of all three; rotate-authorities is the same.',
  }),
};

/** The operation of that name, or the one that the flag makes of it. Throws KHA1001 and KHA1103. */
export function operationFor(name: string, { rotateCa }: { rotateCa: boolean }): Operation {
  if (!rotateCa) return operationNamed(name);
  if (name === renewCertificates.id || name === rotateAuthorities.id) return rotateAuthorities;
  throw usageError('--rotate-ca is for renew-certificates.', 'Leave it out.');
}

/** What the options say about certificates; undefined where they say nothing. Throws KHA1001, also where nothing is renewed. */
export function renewalFor(
  operation: Operation,
  { within, certificate }: Input<ArgumentSpecs, typeof renewalOptions>['options'],
): Renewal | undefined {
  const certificates = splitList(certificate);
  if (within === undefined && certificates.length === 0) return undefined;
  if (operation.id !== renewCertificates.id)
    throw usageError(`${operation.id} renews no certificates.`, 'Leave --within and --certificate out.');
  return {
    ...(within === undefined ? {} : { withinMs: readWithin(within) }),
    ...(certificates.length > 0 ? { certificates } : {}),
  };
}

/** Throws KHA1001 for a certificate that no host of the cluster has. */
export function demandRenewable(cluster: Cluster, renewal: Renewal | undefined): void {
  const known = renewable(cluster);
  const strange = renewal?.certificates?.find((id) => !known.includes(id));
  if (strange !== undefined)
    throw usageError(`There is no certificate ${strange} to renew.`, `Certificates are: ${known.join(', ')}.`);
}

/** Throws KHA1001 for what is no time. */
export function readWithin(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw usageError(`--within ${text} is no time.`, 'Write a number and a unit: 30d, 12h, 45m.');
  return seconds * 1000;
}
