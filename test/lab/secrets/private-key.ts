import { createPrivateKey } from 'node:crypto';
import type { Secret } from './secret.ts';

const PEM = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----\s([\s\S]*?)-----END \1-----/g;
/** The numbers of a JSON Web Key that are private, RFC 7518 section 6. Modulus and exponent stand in every certificate. */
const PRIVATE_NUMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;

/**
 * The private numbers of every key of a text with PEM blocks. PEM is their base64 in lines, so it is found by them, and so
 * is the base64 of PEM in a kubeconfig.
 */
export function privateKeysIn(name: string, text: string): Secret[] {
  return [...text.matchAll(PEM)].map(([pem, kind = '', body = '']) => ({
    name,
    parts: kind === 'OPENSSH PRIVATE KEY' ? [opensshSeed(name, body)] : privateNumbers(pem),
  }));
}

function privateNumbers(pem: string): Buffer[] {
  const jwk = createPrivateKey(pem).export({ format: 'jwk' });
  return PRIVATE_NUMBERS.flatMap((n) => (jwk[n] === undefined ? [] : [Buffer.from(jwk[n], 'base64url')]));
}

/** The 32 private bytes of an ed25519 key without passphrase; they stand before its second copy of the public key (PROTOCOL.key of OpenSSH). */
function opensshSeed(name: string, body: string): Buffer {
  const der = Buffer.from(body, 'base64');
  const publicKey = der.indexOf(
    Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32])]),
  );
  const key = der.subarray(publicKey + 19, publicKey + 51);
  const pair = der.lastIndexOf(key);
  if (publicKey < 0 || pair < publicKey + 51) throw new Error(`${name} is no ed25519 key that can be read`);
  return der.subarray(pair - 32, pair);
}
