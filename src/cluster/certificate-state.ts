import type { CertificateFacts } from './certificate.ts';
import type { CertificatePlace } from './certificate-places.ts';

/** A certificate in its place on a host, as it was seen. */
export interface SeenCertificate {
  host: string;
  place: CertificatePlace;
  /** On disk; absent: the file is missing or has none, or there is no file. */
  disk?: CertificateFacts;
  /** On the port; `silent`: nobody answers there. Absent: it has no port, or it can't be asked there. */
  served?: CertificateFacts | 'silent';
  /** Of those who must have signed it, or be it, it is; absent: nobody must. */
  isOwn?: boolean;
}

export type CertificateState =
  | 'good'
  | 'ends soon'
  | 'expired'
  | 'not yet valid'
  | 'missing'
  | 'not served'
  | 'disk renewed, not served'
  | 'another one is served'
  | 'of another authority';

/** What it is with a certificate; the worst that is so. */
export function certificateState(seen: SeenCertificate, now: number, withinMs = 0): CertificateState {
  const { disk, served, place, isOwn } = seen;
  const shown = served === 'silent' ? undefined : served;
  if (place.file && !disk) return 'missing';
  const all = [disk, shown].filter((c) => c !== undefined);
  if (all.some((c) => c.notAfter <= now)) return disk && disk.notAfter > now ? 'disk renewed, not served' : 'expired';
  if (all.some((c) => c.notBefore > now)) return 'not yet valid';
  if (isOwn === false) return 'of another authority';
  if (disk && shown && disk.fingerprint !== shown.fingerprint)
    return disk.notBefore > shown.notBefore ? 'disk renewed, not served' : 'another one is served';
  if (all.some((c) => c.notAfter <= now + withinMs)) return 'ends soon';
  return served === 'silent' ? 'not served' : 'good';
}

/** The first end of what is on disk and what is served. */
export function endOf({ disk, served }: SeenCertificate): number | undefined {
  const ends = [disk, served === 'silent' ? undefined : served].flatMap((c) => c?.notAfter ?? []);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
