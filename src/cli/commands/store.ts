import { command, flag, type Input, text } from '../command.ts';
import { tableOptions } from '../options.ts';

const migrateArgs = {};
const migrateOptions = {
  from: text({
    value: 'STORE',
    about: 'Where to read: postgresql://…, or a folder that is a KHA_HOME. Default: KHA_HOME.',
    complete: 'file',
  }),
  to: text({
    value: 'STORE',
    about: 'Where to write: postgresql://…, or a folder that is a KHA_HOME. Default: KHA_STORE.',
    complete: 'file',
  }),
  dryRun: flag({ about: 'Only compare, and tell what would be copied.' }),
  ...tableOptions,
};
export type StoreMigrateInput = Input<typeof migrateArgs, typeof migrateOptions>;

export const storeMigrate = command({
  name: 'store migrate',
  group: 'Service',
  summary: 'Copy the store, from files to PostgreSQL or back',
  description:
    'Copies recorded clusters, documents, secrets, host keys and logs to another store, then compares them. What is there already stays; where it differs, nothing is copied. It may be killed and run again. Stop the workers before. Secrets are encrypted with the keys of their new place.',
  examples: [
    { does: 'from files to the store of a team', run: 'kha store migrate --to postgresql://kha@db.example.com/kha' },
    { does: 'back to files', run: 'kha store migrate --from postgresql://kha@db.example.com/kha --to ~/kha-home' },
  ],
  see: ['doctor', 'key list'],
  arguments: migrateArgs,
  options: migrateOptions,
  load: async () => ({ run: (await import('../handlers/store.ts')).migrate }),
});
