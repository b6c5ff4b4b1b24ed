import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether openssl is there to make requests. */
export const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

export interface Wanted {
  subject?: string;
  /** As openssl writes it: `DNS:w1,IP:10.0.0.4`. */
  names?: string;
  /** Of openssl: a key, or what follows `-newkey`. */
  key?: readonly string[];
  extensions?: readonly string[];
}

export const ECDSA = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** A request in PEM that openssl made and signed; by default that of a kubelet of w1. */
export function signingRequest({
  subject = '/O=system:nodes/CN=system:node:w1',
  names = 'DNS:w1,IP:10.0.0.4',
  key = ECDSA,
  extensions = [],
}: Wanted = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'kha-request-'));
  try {
    const all = [...(names === '' ? [] : [`subjectAltName=${names}`]), ...extensions];
    const args = ['req', '-new', '-nodes', '-newkey', ...key, '-keyout', join(directory, 'key'), '-subj', subject];
    return execFileSync('openssl', [...args, ...all.flatMap((e) => ['-addext', e])], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Another body in the same armour. */
export const withBody = (pem: string, change: (der: Buffer) => Buffer): string => {
  const der = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${change(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
};
