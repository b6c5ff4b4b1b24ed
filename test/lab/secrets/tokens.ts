import type { Secret } from './secret.ts';

/** Bootstrap tokens of a text: the whole, and its second half, which is what nobody may know. */
export const tokensIn = (name: string, text: string): Secret[] =>
  [...text.matchAll(/\b([a-z0-9]{6})\.([a-z0-9]{16})\b/g)].map(([, id = '', secret = '']) => ({
    name: `${name} (${id})`,
    parts: [Buffer.from(secret)],
  }));

/** JSON web tokens of a text: the signature is what nobody may know. */
export const webTokensIn = (name: string, text: string): Secret[] =>
  [...text.matchAll(/\beyJ[\w-]+\.eyJ[\w-]+\.([\w-]{32,})/g)].map(([, signature = '']) => ({
    name,
    parts: [Buffer.from(signature)],
  }));
