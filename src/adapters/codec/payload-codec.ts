import type { Payload, PayloadCodec } from '@temporalio/common';
// CommonJS: Node sees a default export only.
import proto from '@temporalio/proto';
import { KhaError } from '../../cluster/error.ts';
import type { KeyFile } from '../encryption/key-file.ts';
import { findKey, type Key, type KeyRing } from '../encryption/key-ring.ts';
import { seal, unseal } from '../encryption/seal.ts';
import { readableForeign } from './foreign-payload.ts';

const { Payload: ProtoPayload } = proto.temporal.api.common.v1;
const ENCODING = 'binary/encrypted';
const CIPHER = 'AES-256-GCM';
const CONTEXT = 'kha-payload/1';

/**
 * Encrypts every payload on its way to Temporal: inputs, results, heartbeats, failures' details, signals, queries, memo.
 * The key's id stands in the metadata, so that keys can be changed while old histories stay readable. Payloads that are
 * not encrypted (a plain `temporal workflow signal`) pass as far as they can be read, see foreign-payload.ts.
 */
export function createPayloadCodec(keys: Pick<KeyFile, 'load'>): PayloadCodec {
  // To decrypt, a key that is known is as good as ever; only which one encrypts must be looked at anew.
  let known: KeyRing | undefined;

  async function keyOf(id: string): Promise<Key> {
    const held = known && findKey(known, id);
    if (held) return held;
    const ring = (known = await keys.load({ with: id }));
    const key = findKey(ring, id);
    if (key) return key;
    throw trouble(
      `A payload in Temporal was encrypted with the key ${id || '(unnamed)'}, which this machine does not have.`,
      `Its keys are ${ring.map((each) => each.id).join(', ')}. Copy keys/codec.key from a machine that has the other (kha key list), or from a backup; all workers and users of one Temporal share it.`,
    );
  }

  async function decode(payload: Payload): Promise<Payload> {
    if (text(payload, 'encoding') !== ENCODING) return readableForeign(payload);
    const { bytes } = await keyOf(text(payload, 'encryption-key-id'));
    try {
      return ProtoPayload.decode(unseal(bytes, payload.data ?? new Uint8Array(), CONTEXT));
    } catch (cause) {
      throw trouble('A payload in Temporal is damaged.', 'Start the operation again.', cause);
    }
  }

  return {
    async encode(payloads) {
      const [{ id, bytes }] = await keys.load();
      const metadata = {
        encoding: Buffer.from(ENCODING),
        'encryption-cipher': Buffer.from(CIPHER),
        'encryption-key-id': Buffer.from(id),
      };
      return payloads.map((payload) => ({
        metadata,
        data: seal(bytes, ProtoPayload.encode(payload).finish(), CONTEXT),
      }));
    },
    decode: (payloads) => Promise.all(payloads.map(decode)),
  };
}

const text = (payload: Payload, field: string): string => Buffer.from(payload.metadata?.[field] ?? []).toString();

const trouble = (message: string, hint: string, cause?: unknown): KhaError =>
  new KhaError(message, { code: 'KHA4006', blame: 'configuration', hint, cause });
