import { privateKeysIn } from './private-key.ts';
import type { Secret } from './secret.ts';
import { webTokensIn } from './tokens.ts';

/** What is secret of a file: private keys, those of kubeconfigs, keys of an EncryptionConfiguration, tokens of service accounts. */
export function secretsIn(name: string, text: string): Secret[] {
  const decoded = (pattern: RegExp): Buffer[] =>
    [...text.matchAll(pattern)].map(([, value = '']) => Buffer.from(value, 'base64'));
  return [
    ...privateKeysIn(name, text),
    ...decoded(/client-key-data"?: *"?([A-Za-z0-9+/=]+)/g).flatMap((pem) =>
      privateKeysIn(name, pem.toString('latin1')),
    ),
    ...decoded(/\bsecret"?: *"?([A-Za-z0-9+/]{22,}={0,2})/g).map((key) => ({ name, parts: [key] })),
    ...webTokensIn(name, text),
  ];
}
