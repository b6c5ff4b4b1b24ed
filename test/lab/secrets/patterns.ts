/** What looks like a secret, whoever's it is. */
export interface Pattern {
  what: string;
  pattern: RegExp;
  /** In a database any run of bytes may look like one. */
  textOnly?: true;
}

const base64 = (text: string): string =>
  // The middle of it at each of the three alignments.
  [0, 1, 2]
    .map((n) => Buffer.concat([Buffer.alloc(n), Buffer.from(text)]).toString('base64'))
    .map((t, n) => t.replaceAll('=', '').slice(n === 0 ? 0 : n + 1, -2))
    .join('|');

/** All are global and read latin1. */
export const patterns: readonly Pattern[] = [
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/g },
  { what: 'a private key in base64', pattern: new RegExp(base64(' PRIVATE KEY-----'), 'g') },
  { what: 'a key of a kubeconfig', pattern: /client-key-data\\?"?: *\\?"?[A-Za-z0-9+/]{16,}/g },
  { what: 'a key of a kubeconfig in base64', pattern: new RegExp(base64('client-key-data: '), 'g') },
  { what: 'a JSON web token', pattern: /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/g },
  // kubeadm's form, https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
  { what: 'a bootstrap token', pattern: /(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])/g, textOnly: true },
];
