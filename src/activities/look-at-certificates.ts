import type { CertificateFacts } from '../cluster/certificate.ts';
import { type CertificatePlace, certificatePlaces } from '../cluster/certificate-places.ts';
import type { SeenCertificate } from '../cluster/certificate-state.ts';
import { type Authority, authorities, rootSecret } from '../cluster/certificates.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { certificatesIn } from '../cluster/pem.ts';
import { type Command, sh, shJoin, shRaw } from '../formats/sh.ts';
import type { KeyPair } from '../ports/certificate-authority.ts';
import type { Ports } from './ports.ts';
import type { Reader } from './session.ts';

/** What the cluster's store knows of who may sign: PEM of each authority, the one that signs first. */
export type Trusted = Partial<Record<Authority, string[]>>;

export async function trustedOf({ store }: Pick<Ports, 'store'>, cluster: Cluster): Promise<Trusted> {
  const all = await Promise.all(
    authorities.map(async (of) => {
      const text = await store.getSecret(rootSecret(cluster.name, of));
      return text === undefined ? [] : [[of, certificatesIn((JSON.parse(text) as KeyPair).certificate)] as const];
    }),
  );
  return Object.fromEntries(all.flat());
}

export interface Look {
  certificates: SeenCertificate[];
  /** Ports could not be asked: the host has no openssl. */
  isBlind: boolean;
}

/** Looks at all certificates of a host, in files and on ports, in one round trip. Keys stay where they are. */
export async function lookAtCertificates(
  { authority }: Pick<Ports, 'authority'>,
  { cluster, trusted }: { cluster: Cluster; trusted: Trusted },
  reader: Reader,
  places: readonly CertificatePlace[] = certificatePlaces(cluster, reader.host),
): Promise<Look> {
  const out = await reader.read('look at certificates', lookAt(places), { maxBytes: 4 << 20, timeoutMs: 120_000 });
  const texts = new Map<string, string>();
  for (const line of out.split('\n')) {
    const [key = '', text] = line.split('\t');
    if (text !== undefined) texts.set(key, Buffer.from(text, 'base64').toString('utf8'));
  }
  const isBlind = texts.has(BLIND);
  const read = (key: string | undefined): { pem: string; facts: CertificateFacts }[] =>
    certificatesIn((key !== undefined && texts.get(key)) || '').flatMap((pem) => {
      try {
        return [{ pem, facts: authority.inspect(pem) }];
      } catch {
        // What can't be read is as good as missing.
        return [];
      }
    });
  const certificates = places.flatMap((planned): SeenCertificate[] => {
    const place = inPlace(planned, texts);
    const files = read(planned.file && fileKey(planned.file));
    const [served] = read(place.port && portKey(place.port));
    const roots = place.authority && trusted[place.authority];
    const isOwn = (pem: string): boolean =>
      (roots ?? []).some((root) => (place.isAuthority ? root.trim() === pem.trim() : authority.isSignedBy(root, pem)));
    const shown = place.port === undefined || isBlind ? {} : { served: served?.facts ?? ('silent' as const) };
    // What follows a leaf leads to its authority; of authorities each counts.
    const counted = place.isAuthority ? files : files.slice(0, 1);
    if (counted.length === 0) return [{ host: reader.host.name, place, ...shown }];
    return counted.map(({ pem, facts }) => ({
      host: reader.host.name,
      place,
      disk: facts,
      ...shown,
      ...(roots ? { isOwn: isOwn(pem) } : {}),
    }));
  });
  return { certificates, isBlind };
}

/** With the file that was read. */
function inPlace(place: CertificatePlace, texts: ReadonlyMap<string, string>): CertificatePlace {
  const path = place.file && texts.get(pathKey(place.file));
  return place.file && path ? { ...place, file: { ...place.file, path } } : place;
}

const BLIND = 'blind';
const fileKey = (file: NonNullable<CertificatePlace['file']>): string => `${file.in ?? 'pem'} ${file.path}`;
const pathKey = (file: NonNullable<CertificatePlace['file']>): string => `path of ${fileKey(file)}`;
const portKey = (port: string): string => `port ${port}`;

const PEM = '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p';
const FIELDS = { client: 'client-certificate-data', trust: 'certificate-authority-data' };

/** Prints `key<TAB>base64` lines. */
function lookAt(places: readonly CertificatePlace[]): Command {
  const files = places.flatMap(({ file }) => file ?? []);
  const ports = [...new Set(places.flatMap(({ port }) => port ?? []))];
  return shJoin([
    ...files.map((file) => {
      const content = file.in
        ? sh`sed -n ${`s/^ *${FIELDS[file.in]}: *//p`} "$f" | head -n 1`
        : sh`sed -n ${PEM} "$f" | base64 -w0`;
      const instead =
        file.before === undefined
          ? shRaw('')
          : sh`[ ! -f ${file.before} ] || f=${file.before}; printf '%s\t%s\n' ${pathKey(file)} "$(printf '%s' "$f" | base64 -w0)"; `;
      return sh`f=${file.path}; ${instead}[ ! -f "$f" ] || printf '%s\t%s\n' ${fileKey(file)} "$(${content})"`;
    }),
    sh`command -v openssl >/dev/null 2>&1 || printf '%s\t\n' ${BLIND}`,
    ...ports.map((port) => sh`printf '%s\t%s\n' ${portKey(port)} "$(${shownOn(port)} | base64 -w0)"`),
  ]);
}

/**
 * What a server shows, asked by the host itself: some listen there only. By its address, so without a server name: by one an API server
 * would choose its certificate. One that wants a certificate of its client has shown its own before.
 */
const shownOn = (port: string): Command =>
  sh`timeout 5 openssl s_client -connect ${port} </dev/null 2>/dev/null | sed -n ${PEM}`;
