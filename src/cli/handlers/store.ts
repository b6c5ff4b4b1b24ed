import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isPostgresUrl } from '../../adapters/postgres-store/settings.ts';
import { openStore } from '../../open-store.ts';
import type { Store } from '../../ports/store.ts';
import type { Handler } from '../command.ts';
import type { StoreMigrateInput } from '../commands/store.ts';
import type { Context } from '../context.ts';
import { copyStore } from '../copy-store.ts';
import { notFound, usageError } from '../errors.ts';
import { findHome } from '../../home.ts';
import { printRows } from '../output/print-rows.ts';

const PATIENCE_MS = 10_000;

export const migrate: Handler<StoreMigrateInput> = async (context, { options }) => {
  const target = options.to ?? context.env['KHA_STORE'];
  if (!target) throw usageError('Where to is not said.', 'Give --to, or set KHA_STORE.');
  const stores: Store[] = [];
  const open = async (name: string): Promise<Store> => {
    const store = await namedStore(context, name);
    stores.push(store);
    return store;
  };
  try {
    const from = await open(options.from ?? context.home().dir);
    const to = await open(target);
    if (from.place === to.place) throw usageError(`${from.place} can't be copied to itself.`);
    const rows = await copyStore(from, to, {
      dryRun: options.dryRun,
      onKind: (kind, names) => {
        if (context.global.verbose) context.say(`comparing ${names} ${kind}`);
      },
    });
    if (rows.every((row) => row.copied + row.same === 0))
      throw notFound(`${from.place} is empty, or no store.`, 'Name the store to read with --from.');
    await printRows(
      context,
      {
        kind: 'Copied',
        rows,
        columns: [
          { header: 'WHAT', value: (r) => r.kind },
          { header: options.dryRun ? 'TO COPY' : 'COPIED', value: (r) => String(r.copied) },
          { header: 'THERE', value: (r) => String(r.same) },
        ],
        name: (r) => r.kind,
        item: ({ kind, copied, same }) => ({ what: kind, [options.dryRun ? 'toCopy' : 'copied']: copied, there: same }),
        empty: '',
      },
      options,
    );
    if (!options.dryRun)
      context.say(
        `${context.paintTalk('green', '✔')} All of ${from.place} is in ${to.place} now, compared. From here on set KHA_STORE${isPostgresUrl(target) ? '' : ' no more, and KHA_HOME'} everywhere.`,
      );
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
};

/** The store at an address, or of a folder that is a KHA_HOME; then with the keys of that folder, where it has them. */
async function namedStore(context: Context, name: string): Promise<Store> {
  const { env } = context;
  const options = { env, patienceMs: PATIENCE_MS };
  if (isPostgresUrl(name)) return openStore({ ...context.home(), store: name }, options);
  const { KHA_STORE: _store, KHA_KEYS: _keys, ...others } = env;
  const home = findHome({ ...others, KHA_HOME: resolve(name) });
  const storeKey = (await exists(home.storeKey)) ? home.storeKey : context.home().storeKey;
  return openStore({ ...home, storeKey }, options);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
