const HIDDEN = '(secret)';

const patterns: [RegExp, string][] = [
  // kubeadm's bootstrap tokens, wherever they stand.
  [/(^|[^a-z0-9.])[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9.])/g, `$1${HIDDEN}`],
  // JSON web tokens: those of service accounts.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  [/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/(--(?:token|certificate-key|password)[= ])\S+/g, `$1${HIDDEN}`],
  [/("?\b(?:password|passwd|client-key-data|token)"?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,}]+)/gi, `$1${HIDDEN}`],
  [/(:\/\/[^/\s:@]+:)[^/\s@]+(@)/g, `$1${HIDDEN}$2`],
];

/**
 * Lines of programs as they may be kept and shown: tokens, passwords and private keys are taken out. kha's own commands
 * say none; this is for what kubeadm, kubelet, containers and package managers may say.
 */
export function withoutSecrets(lines: readonly string[]): string[] {
  let inKey = false;
  return lines.flatMap((line) => {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) inKey = true;
    const wasInKey = inKey;
    if (/-----END [A-Z ]*PRIVATE KEY-----/.test(line)) {
      inKey = false;
      return [HIDDEN];
    }
    if (wasInKey) return [];
    return [patterns.reduce((text, [pattern, by]) => text.replaceAll(pattern, by), line)];
  });
}
