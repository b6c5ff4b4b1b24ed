import { type KeyFile, openKeyFile, withNewKey, withNextKey, withoutKey } from '../../adapters/encryption/key-file.ts';
import { findKey, type Key } from '../../adapters/encryption/key-ring.ts';
import { KhaError } from '../../cluster/error.ts';
import type { Handler } from '../command.ts';
import type { KeyForgetInput, KeyListInput, KeyRotateInput } from '../commands/key.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { printRows } from '../output/print-rows.ts';
import { age } from '../output/time.ts';

type Purpose = 'codec' | 'store';

interface Row {
  id: string;
  purpose: Purpose;
  use: 'encrypts' | 'decrypts' | 'next' | 'missing';
  made: string | undefined;
  /** Of the store only. */
  secrets: number | undefined;
}

const keyFileOf = (context: Context, purpose: Purpose): KeyFile => {
  const { codecKey, storeKey } = context.home();
  return openKeyFile(purpose === 'codec' ? codecKey : storeKey);
};

const useOf = (key: Key, place: number): Row['use'] => (key.next ? 'next' : place === 0 ? 'encrypts' : 'decrypts');

export const list: Handler<KeyListInput> = async (context, { options }) => {
  const rows: Row[] = [];
  for (const purpose of ['codec', 'store'] as const) {
    const ring = (await keyFileOf(context, purpose).peek()) ?? [];
    const counts = purpose === 'store' ? await (await context.store()).secretKeys() : {};
    for (const [place, key] of ring.entries()) {
      const secrets = purpose === 'store' ? (counts[key.id] ?? 0) : undefined;
      rows.push({ id: key.id, purpose, use: useOf(key, place), made: key.made, secrets });
    }
    for (const [id, secrets] of Object.entries(counts))
      if (!ring.some((key) => key.id === id)) rows.push({ id, purpose, use: 'missing', made: undefined, secrets });
  }
  await printRows(
    context,
    {
      kind: 'Key',
      rows,
      columns: [
        { header: 'ID', value: (r) => r.id },
        { header: 'FOR', value: (r) => r.purpose },
        { header: 'USE', value: (r) => r.use },
        { header: 'AGE', value: (r) => (r.made === undefined ? '' : age(context.now() - Date.parse(r.made))) },
        { header: 'SECRETS', value: (r) => (r.secrets === undefined ? '' : String(r.secrets)) },
      ],
      name: (r) => r.id,
      item: ({ id, purpose, use, made, secrets }) => ({
        metadata: { name: id, ...(made === undefined ? {} : { createdAt: made }) },
        purpose,
        use,
        ...(secrets === undefined ? {} : { secrets }),
      }),
      empty: 'There are no keys yet; they are made at first use.',
    },
    options,
  );
};

export const rotate: Handler<KeyRotateInput> = async (context, { args, options }) => {
  // The store first: a rotation that is killed has not touched the codec's keys yet, and the next one finishes it.
  const purposes: Purpose[] = args.purpose === undefined ? ['store', 'codec'] : [args.purpose as Purpose];
  for (const purpose of purposes) {
    const file = keyFileOf(context, purpose);
    if (options.prepare) await prepare(context, purpose, file);
    else if (purpose === 'codec') await renew(context, purpose, file);
    else await rotateStore(context, file);
  }
};

async function prepare(context: Context, purpose: Purpose, file: KeyFile): Promise<void> {
  const now = new Date(context.now()).toISOString();
  const next = (await file.change((ring) => withNextKey(ring, now))).find((key) => key.next);
  context.say(
    `${purpose}: ${next?.id} is the next key. Copy ${file.path} to every machine, then on each: kha key rotate ${purpose}`,
  );
}

async function rotateStore(context: Context, file: KeyFile): Promise<void> {
  const store = await context.store();
  const [current] = await file.load();
  const older = Object.keys(await store.secretKeys()).filter((id) => id !== current.id);
  // A key that was made for the others by another machine is no rest of an interrupted rotation, and comes first.
  const finishing = older.length > 0 && !(await file.load()).some((key) => key.next);
  if (!finishing) await renew(context, 'store', file);
  const count = await store.reencryptSecrets();
  const what = count === 1 ? '1 secret is' : `${count} secrets are`;
  context.say(
    finishing
      ? `store: a rotation was not finished; ${what} encrypted with the present key now. For another new key: kha key rotate store`
      : `store: ${what} encrypted again.`,
  );
}

async function renew(context: Context, purpose: Purpose, file: KeyFile): Promise<void> {
  const now = new Date(context.now()).toISOString();
  const [current, ...others] = await file.change((ring) => withNewKey(ring, now));
  const mark = context.paintTalk('green', '✔');
  context.say(`${mark} ${purpose}: ${current.id} encrypts from now on, ${others.length} older can decrypt.`);
}

export const forget: Handler<KeyForgetInput> = async (context, { args: { id }, options }) => {
  for (const purpose of ['codec', 'store'] as const) {
    const file = keyFileOf(context, purpose);
    const ring = await file.peek();
    const key = ring && findKey(ring, id);
    if (!key) continue;
    if (key === ring[0])
      throw inUse(`The ${purpose} key ${id} is the one that encrypts.`, 'Rotate first: kha key rotate');
    const secrets = purpose === 'store' ? ((await (await context.store()).secretKeys())[id] ?? 0) : 0;
    if (secrets > 0)
      throw inUse(`${secrets} of the store's secrets need the key ${id}.`, 'Encrypt them again: kha key rotate store');
    const lost =
      purpose === 'codec'
        ? 'Histories, running operations and schedules that it encrypted can not be read any more.'
        : 'Backups of the store that need it can not be read any more.';
    await context.confirm(`Forget the ${purpose} key ${id} for good? ${lost}`, { yes: options.yes, flag: '--yes' });
    await file.change((all) => withoutKey(all, key));
    context.say(`${context.paintTalk('green', '✔')} ${id} is forgotten.`);
    return;
  }
  throw notFound(`There is no key ${id} here.`, 'See them: kha key list');
};

const inUse = (message: string, hint: string): KhaError =>
  new KhaError(message, { code: 'KHA4020', blame: 'configuration', hint });
