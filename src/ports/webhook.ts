import type { SecretRef } from '../cluster/connection.ts';

/** What somebody elsewhere is told. */
export interface WebhookMessage {
  /** The same in every try, so that the receiver can tell them from a second message. */
  id: string;
  /** JSON. */
  body: string;
}

/**
 * Posts a message, signed as Standard Webhooks has it where there is a secret. Throws KHA3501 where it was not taken, final where another try
 * is no use; KHA3012 where the secret is not there.
 */
export type SendWebhook = (
  hook: { url: string; secret?: SecretRef },
  message: WebhookMessage,
  abort: AbortSignal,
) => Promise<void>;
