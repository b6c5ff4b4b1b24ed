import type { Payload, PayloadCodec } from '@temporalio/common';
// CommonJS: Node sees a default export only.
import proto from '@temporalio/proto';
import { KhaError } from '../../cluster/error.ts';
import { keyId, seal, unseal } from '../encryption/seal.ts';

const { Payload: ProtoPayload } = proto.temporal.api.common.v1;
const ENCODING = 'binary/encrypted';
const CIPHER = 'AES-256-GCM';
const CONTEXT = 'kha-payload/1';

/**
 * Encrypts every payload on its way to Temporal: inputs, results, heartbeats, failures' details, signals, queries, memo.
 * The key's id stands in the metadata, so that keys can be changed while old histories stay readable. Payloads that are
 * not encrypted (a plain `temporal workflow signal`) pass as they are.
 *
 * @param current encrypts
 * @param older only decrypt
 */
export function createPayloadCodec(current: Uint8Array, older: readonly Uint8Array[] = []): PayloadCodec {
  const keys = new Map([current, ...older].map((key) => [keyId(key), key]));
  const metadata = {
    encoding: Buffer.from(ENCODING),
    'encryption-cipher': Buffer.from(CIPHER),
    'encryption-key-id': Buffer.from(keyId(current)),
  };

  function decode(payload: Payload): Payload {
    if (text(payload, 'encoding') !== ENCODING) return payload;
    const id = text(payload, 'encryption-key-id');
    const key = keys.get(id);
    if (!key)
      throw trouble(
        `A payload in Temporal was encrypted with the key ${id || '(unnamed)'}, which this machine does not have.`,
        'Copy keys/codec.key of the KHA_HOME that started the operation; all workers and users of one Temporal share it.',
      );
    try {
      return ProtoPayload.decode(unseal(key, payload.data ?? new Uint8Array(), CONTEXT));
    } catch (cause) {
      throw trouble('A payload in Temporal is damaged.', 'Start the operation again.', cause);
    }
  }

  return {
    encode: async (payloads) =>
      payloads.map((payload) => ({ metadata, data: seal(current, ProtoPayload.encode(payload).finish(), CONTEXT) })),
    decode: async (payloads) => payloads.map(decode),
  };
}

const text = (payload: Payload, field: string): string => Buffer.from(payload.metadata?.[field] ?? []).toString();

const trouble = (message: string, hint: string, cause?: unknown): KhaError =>
  new KhaError(message, { code: 'KHA4006', blame: 'configuration', hint, cause });
