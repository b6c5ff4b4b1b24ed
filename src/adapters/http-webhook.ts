import { createHmac } from 'node:crypto';
import { KhaError } from '../cluster/error.ts';
import type { Clock } from '../ports/clock.ts';
import type { SendWebhook } from '../ports/webhook.ts';
import type { ResolveSecret } from './ssh2/credentials.ts';

const TIMEOUT_MS = 20_000;
/** They may succeed later: too early, too many, and the server's own troubles. */
const PASSING = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

/** Over HTTP, signed as standardwebhooks.com has it: HMAC-SHA256 over id, time and body. */
export const createWebhook =
  (resolveSecret: ResolveSecret, clock: Clock): SendWebhook =>
  async ({ url, secret }, { id, body }, abort) => {
    const time = String(Math.floor(clock.now() / 1000));
    const key = secret && keyOf(await resolveSecret(secret));
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'kha',
      'webhook-id': id,
      'webhook-timestamp': time,
      ...(key
        ? { 'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}` }
        : {}),
    };
    // The path of a webhook is often its password.
    const { origin } = new URL(url);
    let status: number;
    try {
      const signal = AbortSignal.any([abort, AbortSignal.timeout(TIMEOUT_MS)]);
      // Another place is not the one that was declared.
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      status = response.status;
      await response.body?.cancel();
    } catch (cause) {
      throw notTaken(`${origin} can not be reached: ${reasonOf(cause)}`, false);
    }
    if (status < 200 || status > 299) throw notTaken(`${origin} answers with ${status}`, !PASSING(status));
  };

/** `whsec_…` is base64, as receivers show their secrets; all else is taken as it is. */
const keyOf = (secret: string): Buffer =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? cause.cause.message : '';
  return inner === '' ? cause.message : inner;
}

const notTaken = (message: string, final: boolean): KhaError =>
  new KhaError(message, {
    code: 'KHA3501',
    blame: 'host',
    hint: 'Look at approvals.webhook in the cluster file, and at its receiver.',
    final,
  });
