import { argument, command, flag, type Input, optionalArgument } from '../command.ts';
import { tableOptions, yesOption } from '../options.ts';

const listArgs = {};
export type KeyListInput = Input<typeof listArgs, typeof tableOptions>;

export const keyList = command({
  name: 'key list',
  group: 'Service',
  summary: 'Keys that encrypt what Temporal and the store keep',
  description:
    "Lists the keys of this machine by their ids, never the keys themselves: codec encrypts what Temporal keeps, store the store's secrets. A key that is missing here but was used for a secret is listed too.",
  examples: [{ does: 'which keys there are, and how many secrets each encrypts', run: 'kha key list' }],
  see: ['key rotate'],
  arguments: listArgs,
  options: tableOptions,
  load: async () => ({ run: (await import('../handlers/key.ts')).list }),
});

const rotateArgs = {
  purpose: optionalArgument({ about: 'Only this one; both by default.', choices: ['codec', 'store'] }),
};
const rotateOptions = {
  prepare: flag({ about: 'Only make the next key, to be copied to every machine before it encrypts anything.' }),
};
export type KeyRotateInput = Input<typeof rotateArgs, typeof rotateOptions>;

export const keyRotate = command({
  name: 'key rotate',
  group: 'Service',
  summary: 'Encrypt with new keys from now on',
  description:
    "Makes new keys, or takes those that --prepare made. From then on they encrypt; older ones go on to decrypt, so running operations and old histories stay readable. The store's secrets are encrypted again. Running workers see it by themselves. A rotation that was interrupted is finished by the next one.",
  examples: [
    { does: 'one machine, or one folder of keys for all', run: 'kha key rotate' },
    {
      does: 'keys that are copied to several machines: first this, then copy, then kha key rotate',
      run: 'kha key rotate --prepare',
    },
  ],
  see: ['key list', 'key forget'],
  arguments: rotateArgs,
  options: rotateOptions,
  load: async () => ({ run: (await import('../handlers/key.ts')).rotate }),
});

const forgetArgs = { id: argument({ about: 'Id of a key, as kha key list shows it.' }) };
export type KeyForgetInput = Input<typeof forgetArgs, typeof yesOption>;

export const keyForget = command({
  name: 'key forget',
  group: 'Service',
  summary: 'Forget a key that only decrypts',
  description:
    'Removes an older key for good. What only it can decrypt is lost with it: histories in Temporal that it encrypted. A key that secrets of the store still need is not removed.',
  examples: [{ does: 'after the histories that it encrypted are gone', run: 'kha key forget 0123456789abcdef' }],
  see: ['key list', 'key rotate'],
  arguments: forgetArgs,
  options: yesOption,
  load: async () => ({ run: (await import('../handlers/key.ts')).forget }),
});
