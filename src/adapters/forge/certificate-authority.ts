import { createHash, createPrivateKey, createPublicKey, generateKeyPair, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import ipaddr from 'ipaddr.js';
import forge from 'node-forge';
import type { CertificateUsage } from '../../cluster/certificate.ts';
import { KhaError } from '../../cluster/error.ts';
import type { CertificateAuthority, KeySize } from '../../ports/certificate-authority.ts';
import type { Clock } from '../../ports/clock.ts';
import { altNames, signCertificate, subjectOf, subjectRead } from './certificate.ts';
import { readSigningRequest } from './signing-request.ts';

const generate = promisify(generateKeyPair);
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
// Key usages are those of kubeadm's certificates, and CRL signing for roots.
const ROOT_USAGE = {
  name: 'keyUsage',
  critical: true,
  digitalSignature: true,
  keyEncipherment: true,
  keyCertSign: true,
  cRLSign: true,
};
const ROOT_EXTENSIONS = [{ name: 'basicConstraints', critical: true, cA: true }, ROOT_USAGE];
const LEAF_USAGE = { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true };

/** Certificates by node-forge, keys and signatures by node:crypto. Signs with RSA roots only. */
export function createCertificateAuthority(clock: Clock): CertificateAuthority {
  return {
    async createRoot({ commonName, days }, keySize) {
      const { key, publicKey } = await createKey(keySize);
      const content = {
        subject: subjectOf(commonName),
        publicKey,
        now: clock.now(),
        days,
        extensions: ROOT_EXTENSIONS,
      };
      return { key, certificate: signCertificate(content, { key }) };
    },

    async issue(root, request, { key: present, keySize } = {}) {
      const signer = { certificate: readRoot(root.certificate), key: root.key };
      const extensions = [
        { name: 'basicConstraints', critical: true, cA: false },
        LEAF_USAGE,
        {
          name: 'extKeyUsage',
          serverAuth: request.usages.includes('server'),
          clientAuth: request.usages.includes('client'),
        },
        ...altNames(request.dnsNames ?? [], request.ipAddresses ?? []),
      ];
      const subject = subjectOf(request.commonName, request.organizations);
      const { key, publicKey } = usable(present, keySize) ?? (await createKey(keySize));
      const content = { subject, publicKey, now: clock.now(), days: request.days, extensions };
      return { key, certificate: signCertificate(content, signer) };
    },

    crossSign(root, other) {
      const made = readRoot(other);
      const days = (made.validity.notAfter.getTime() - clock.now()) / DAY_MS;
      const publicKey = createPublicKey(other).export({ type: 'spki', format: 'pem' }).toString();
      return signCertificate(
        { subject: subjectRead(made), publicKey, now: clock.now(), days, extensions: ROOT_EXTENSIONS },
        { certificate: readRoot(root.certificate), key: root.key },
      );
    },

    createKey,

    inspect(certificate) {
      const x509 = read(certificate);
      const { subject, issuer } = x509.toLegacyObject() as unknown as Record<'subject' | 'issuer', LegacyName>;
      const names = alternativeNames(x509.subjectAltName ?? '');
      return {
        commonName: [subject['CN'] ?? ''].flat()[0] ?? '',
        organizations: [subject['O'] ?? []].flat(),
        issuer: [issuer['CN'] ?? ''].flat()[0] ?? '',
        fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
        ...names,
        usages: usagesOf(x509.keyUsage ?? []),
        notBefore: Date.parse(x509.validFrom),
        notAfter: Date.parse(x509.validTo),
        isCa: x509.ca,
      };
    },

    inspectRequest: readSigningRequest,

    verify(root, pair) {
      const issuer = read(root);
      try {
        const leaf = read(pair.certificate);
        return (
          leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey) && leaf.checkPrivateKey(createPrivateKey(pair.key))
        );
      } catch {
        return false;
      }
    },

    isSignedBy(root, certificate) {
      try {
        const [issuer, leaf] = [read(root), read(certificate)];
        return leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
      } catch {
        return false;
      }
    },

    publicKeyPin(certificate) {
      const spki = read(certificate).publicKey.export({ type: 'spki', format: 'der' });
      return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
    },
  };
}

type LegacyName = Record<string, string | string[] | undefined>;

const DAY_MS = 86_400_000;

/** A key that is there with its public key, where it is good enough. */
function usable(key: string | undefined, size: KeySize = 2048): { key: string; publicKey: string } | undefined {
  if (key === undefined || key === '') return undefined;
  try {
    const found = createPrivateKey(key);
    if (found.asymmetricKeyType !== 'rsa' || (found.asymmetricKeyDetails?.modulusLength ?? 0) < size) return undefined;
    return { key, publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString() };
  } catch {
    // What can't be read is replaced.
    return undefined;
  }
}

async function createKey(keySize: KeySize = 2048): Promise<{ key: string; publicKey: string }> {
  const { privateKey, publicKey } = await generate('rsa', {
    modulusLength: keySize,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { key: privateKey, publicKey };
}

/** Certificates by their text: each is looked at several times a run, and parsing takes most of the time. */
const parsed = new Map<string, X509Certificate>();

function read(certificate: string): X509Certificate {
  const known = parsed.get(certificate);
  if (known) return known;
  try {
    const made = new X509Certificate(certificate);
    if (parsed.size >= 500) parsed.clear();
    parsed.set(certificate, made);
    return made;
  } catch (cause) {
    throw unreadable('A text that should be a certificate in PEM is none.', cause);
  }
}

function readRoot(certificate: string): forge.pki.Certificate {
  const { publicKey } = read(certificate);
  if (publicKey.asymmetricKeyType !== 'rsa')
    throw unreadable(`The certificate authority has a key of type ${publicKey.asymmetricKeyType}; kha signs with RSA.`);
  return forge.pki.certificateFromPem(certificate);
}

const unreadable = (message: string, cause?: unknown): KhaError =>
  new KhaError(message, {
    code: 'KHA4201',
    blame: 'configuration',
    hint: 'Put an RSA certificate in PEM there, or remove the file and let kha make a new one.',
    cause,
  });

const usagesOf = (oids: readonly string[]): CertificateUsage[] => [
  ...(oids.includes(SERVER_AUTH) ? (['server'] as const) : []),
  ...(oids.includes(CLIENT_AUTH) ? (['client'] as const) : []),
];

/** Reads Node's text `DNS:a, IP Address:10.0.0.1, DNS:"odd, name"`, whose odd values are JSON strings. */
function alternativeNames(text: string): { dnsNames: string[]; ipAddresses: string[] } {
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  for (const [, kind, value = ''] of text.matchAll(/(DNS|IP Address|[A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    const plain = value.startsWith('"') ? String(JSON.parse(value)) : value;
    if (kind === 'DNS') dnsNames.push(plain);
    if (kind === 'IP Address') ipAddresses.push(ipaddr.isValid(plain) ? ipaddr.parse(plain).toString() : plain);
  }
  return { dnsNames, ipAddresses };
}
