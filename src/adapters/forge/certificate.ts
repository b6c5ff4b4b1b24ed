import { randomBytes, sign } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import forge from 'node-forge';
import { KhaError } from '../../cluster/error.ts';

const DAY_MS = 86_400_000;
// As kubeadm's CertificateBackdate: a host whose clock is a little behind takes the certificate at once.
const BACKDATE_MS = 5 * 60_000;

const UTF8: number = forge.asn1.Type.UTF8;

type Attribute = forge.pki.CertificateField;

// A public function of node-forge that its types leave out.
const pki = forge.pki as typeof forge.pki & { getTBSCertificate(of: forge.pki.Certificate): forge.asn1.Asn1 };

export interface CertificateContent {
  subject: Attribute[];
  /** SPKI PEM. */
  publicKey: string;
  /** ms since the epoch. */
  now: number;
  days: number;
  extensions: object[];
}

/** Who signs: a root's certificate and key, or the new certificate's own key. */
export interface Signer {
  /** Absent: the certificate is its own issuer. */
  certificate?: forge.pki.Certificate;
  /** PEM. */
  key: string;
}

/** An X.509 certificate, version 3, sha256 with RSA, PEM. The signature is node:crypto's: forge's own takes 30 ms. */
export function signCertificate(content: CertificateContent, signer: Signer): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(content.publicKey);
  certificate.serialNumber = serialNumber();
  const begin = content.now - BACKDATE_MS;
  const end = Math.min(
    content.now + content.days * DAY_MS,
    signer.certificate?.validity.notAfter.getTime() ?? Infinity,
  );
  certificate.validity.notBefore = new Date(begin);
  certificate.validity.notAfter = new Date(end);
  certificate.setSubject(content.subject);
  certificate.setIssuer(signer.certificate ? subjectRead(signer.certificate) : content.subject);
  certificate.setExtensions([
    ...content.extensions,
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(signer.certificate ?? certificate) },
  ]);

  const oid = forge.pki.oids['sha256WithRSAEncryption'] ?? '';
  certificate.signatureOid = oid;
  certificate.siginfo.algorithmOid = oid;
  const tbs = forge.asn1.toDer(pki.getTBSCertificate(certificate)).getBytes();
  certificate.signature = sign('sha256', Buffer.from(tbs, 'binary'), signer.key).toString('binary');
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/** Positive and of 16 bytes, the first of which is never 0, so that DER writes it without a sign byte. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function keyIdentifier(of: forge.pki.Certificate): string {
  const extension = of.getExtension('subjectKeyIdentifier') as { subjectKeyIdentifier?: string } | null;
  // A root that was made elsewhere may derive its identifier in another way: its children must name that one.
  return extension?.subjectKeyIdentifier
    ? forge.util.hexToBytes(extension.subjectKeyIdentifier)
    : of.generateSubjectKeyIdentifier().getBytes();
}

/** node-forge reads UTF-8 attributes as bytes but encodes them as text; an issuer must come out byte for byte. */
export function subjectRead(of: forge.pki.Certificate): Attribute[] {
  return of.subject.attributes.map((attribute) =>
    (attribute.valueTagClass as number | undefined) === UTF8
      ? { ...attribute, value: forge.util.decodeUtf8(String(attribute.value)) }
      : attribute,
  );
}

/** Subject in the order that Go writes it: organizations, then the common name. */
export function subjectOf(commonName: string, organizations: readonly string[] = []): Attribute[] {
  const valueTagClass = UTF8 as unknown as forge.asn1.Class;
  return [
    ...organizations.map((value) => ({ name: 'organizationName', value, valueTagClass })),
    { name: 'commonName', value: commonName, valueTagClass },
  ];
}

/** The subjectAltName extension, or none where there are no names. */
export function altNames(dnsNames: readonly string[], ipAddresses: readonly string[]): object[] {
  const names = [
    ...[...new Set(dnsNames)].map((name) => ({ type: 2, value: asciiName(name) })),
    ...[...new Set(ipAddresses)].map((ip) => ({ type: 7, value: addressBytes(ip) })),
  ];
  return names.length ? [{ name: 'subjectAltName', altNames: names }] : [];
}

function asciiName(name: string): string {
  if (/^[\x21-\x7e]+$/.test(name)) return name;
  throw new KhaError(`${JSON.stringify(name)} can't stand in a certificate as a DNS name.`, {
    code: 'KHA4202',
    blame: 'configuration',
    hint: 'Use letters, digits, dots and dashes; write an international name in its xn-- form.',
  });
}

function addressBytes(ip: string): string {
  if (!ipaddr.isValid(ip))
    throw new KhaError(`${JSON.stringify(ip)} can't stand in a certificate as an IP address.`, {
      code: 'KHA4202',
      blame: 'configuration',
      hint: 'Give an IPv4 or IPv6 address without a prefix length.',
    });
  return Buffer.from(ipaddr.parse(ip).toByteArray()).toString('binary');
}
