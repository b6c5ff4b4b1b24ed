import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import forge from 'node-forge';
import type { SigningRequestFacts } from '../../cluster/certificate.ts';
import { KhaError } from '../../cluster/error.ts';

type Asn1 = forge.asn1.Asn1;

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAltName: '2.5.29.17',
};
/** Hash and kind of key of the signatures that count. */
const SIGNATURES: Record<string, { hash: string; key: 'rsa' | 'ec' }> = {
  '1.2.840.113549.1.1.11': { hash: 'sha256', key: 'rsa' },
  '1.2.840.113549.1.1.12': { hash: 'sha384', key: 'rsa' },
  '1.2.840.113549.1.1.13': { hash: 'sha512', key: 'rsa' },
  '1.2.840.10045.4.3.2': { hash: 'sha256', key: 'ec' },
  '1.2.840.10045.4.3.3': { hash: 'sha384', key: 'ec' },
  '1.2.840.10045.4.3.4': { hash: 'sha512', key: 'ec' },
};
/** Node's names of curves, and those that people know. */
const CURVES: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const NAMES: Record<number, string> = { 1: 'the e-mail address', 6: 'the URI' };
const TEXTS: readonly number[] = [forge.asn1.Type.UTF8, forge.asn1.Type.PRINTABLESTRING];

/**
 * Reads a PKCS#10 request. node-forge knows requests of RSA keys only, so it lends its ASN.1 alone; keys and signatures are node:crypto's.
 * What does not come out byte for byte as it went in is refused: no two readers may see different things in it.
 */
export function readSigningRequest(pem: string): SigningRequestFacts {
  try {
    return factsOf(pem);
  } catch (cause) {
    throw new KhaError('A text that should be a signing request in PEM is none.', {
      code: 'KHA4201',
      blame: 'configuration',
      cause,
    });
  }
}

function factsOf(pem: string): SigningRequestFacts {
  const body =
    /^-----BEGIN CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE REQUEST-----\s*$/.exec(
      pem,
    )?.[1];
  const [info, algorithm, signature, ...rest] = list(der(Buffer.from(body ?? '', 'base64').toString('latin1')));
  if (!info || !algorithm || !signature || rest.length > 0) throw new Error('three parts');
  const [version, subject, spki, attributes, ...more] = list(info);
  if (!version || bytes(version) !== '\0' || !subject || !spki || more.length > 0) throw new Error('version 1');
  const key = createPublicKey({ key: buffer(spki), format: 'der', type: 'spki' });
  return {
    ...subjectIn(subject),
    ...wishes(attributes ? list(attributes) : []),
    ...about(key),
    isSigned: isSigned({ info, algorithm, signature, key }),
  };
}

/** Of its first reading: a second one must write the same bytes. */
function der(text: string): Asn1 {
  const read = forge.asn1.fromDer as unknown as (text: string, options: object) => Asn1;
  const node = read(text, { strict: true, parseAllBytes: true, decodeBitStrings: false });
  if (forge.asn1.toDer(node).getBytes() !== text) throw new Error('DER');
  return node;
}

function list(node: Asn1): Asn1[] {
  if (typeof node.value === 'string') throw new Error('a list');
  return node.value;
}

function bytes(node: Asn1 | undefined): string {
  if (typeof node?.value !== 'string') throw new Error('a value');
  return node.value;
}

const buffer = (node: Asn1): Buffer => Buffer.from(forge.asn1.toDer(node).getBytes(), 'latin1');
const oid = (node: Asn1 | undefined): string => forge.asn1.derToOid(bytes(node));

type Subject = Pick<SigningRequestFacts, 'commonName' | 'organizations'>;
type Wishes = Pick<SigningRequestFacts, 'dnsNames' | 'ipAddresses' | 'others'>;

function subjectIn(name: Asn1): Subject {
  const found = list(name)
    .flatMap(list)
    .map((attribute) => {
      const [type, value, ...more] = list(attribute);
      if (!value || !TEXTS.includes(value.type) || more.length > 0) throw new Error('a text');
      return { type: oid(type), text: Buffer.from(bytes(value), 'latin1').toString('utf8') };
    });
  const [commonName, ...more] = found.filter(({ type }) => type === OID.commonName);
  const organizations = found.filter(({ type }) => type === OID.organization).map(({ text }) => text);
  // One more field of whatever kind is another subject.
  if (!commonName || more.length > 0 || found.length !== 1 + organizations.length) throw new Error('a plain subject');
  return { commonName: commonName.text, organizations };
}

function wishes(attributes: readonly Asn1[]): Wishes {
  const all: Wishes = { dnsNames: [], ipAddresses: [], others: [] };
  const extensions = attributes.flatMap((attribute) => {
    const [type, values] = list(attribute);
    if (oid(type) === OID.extensionRequest && values) return list(values).flatMap(list);
    all.others.push(`the attribute ${oid(type)}`);
    return [];
  });
  const seen = new Set<string>();
  for (const extension of extensions) {
    const parts = list(extension);
    const id = oid(parts[0]);
    if (seen.has(id)) throw new Error('one extension of a kind');
    seen.add(id);
    if (id === OID.subjectAltName) addNames(all, der(bytes(parts.at(-1))));
    else all.others.push(`the extension ${id}`);
  }
  return all;
}

function addNames(all: Wishes, names: Asn1): void {
  for (const name of list(names)) {
    const kind: number = name.tagClass === forge.asn1.Class.CONTEXT_SPECIFIC ? name.type : -1;
    if (kind === 2) all.dnsNames.push(bytes(name));
    else if (kind === 7) all.ipAddresses.push(address(bytes(name)));
    else
      all.others.push(
        typeof name.value === 'string' && NAMES[kind] !== undefined
          ? `${NAMES[kind]} ${name.value}`
          : `a name of kind ${kind}`,
      );
  }
}

const address = (text: string): string => ipaddr.fromByteArray([...Buffer.from(text, 'latin1')]).toString();

function about(key: KeyObject): Pick<SigningRequestFacts, 'key' | 'isStrong'> {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return { key: `RSA ${modulusLength}`, isStrong: modulusLength >= 2048 };
  if (key.asymmetricKeyType !== 'ec') return { key: key.asymmetricKeyType ?? '?', isStrong: false };
  return { key: `ECDSA ${CURVES[namedCurve] ?? namedCurve}`, isStrong: Object.hasOwn(CURVES, namedCurve) };
}

function isSigned(of: { info: Asn1; algorithm: Asn1; signature: Asn1; key: KeyObject }): boolean {
  const known = SIGNATURES[oid(list(of.algorithm)[0])];
  // The first byte tells how many bits of the last one do not count.
  const [unused, ...signature] = Buffer.from(bytes(of.signature), 'latin1');
  if (known === undefined || known.key !== of.key.asymmetricKeyType || unused !== 0) return false;
  return verify(known.hash, buffer(of.info), of.key, Buffer.from(signature));
}
