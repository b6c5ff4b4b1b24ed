import { command, type Input, list, text } from '../command.ts';

const args = {};
const options = {
  port: text({ value: 'PORT', about: 'Port to listen at (default: 8234).' }),
  listen: text({ value: 'ADDRESS', about: 'Address to listen at (default: 127.0.0.1, this machine only).' }),
  origin: list({
    value: 'URL',
    about: "Web UI whose pages get an answer (default: KHA_TEMPORAL_UI, or the embedded Temporal's).",
  }),
  url: list({
    value: 'URL',
    about: 'Where browsers reach it, if it is not this address: behind a proxy, for example.',
  }),
};
export type CodecInput = Input<typeof args, typeof options>;

export const codec = command({
  name: 'codec',
  group: 'Service',
  summary: "Decrypt payloads for a Temporal's Web UI",
  description:
    "Decrypts for the Web UI of any Temporal, in the browser: Temporal's remote codec protocol, decoding only. It listens on this machine only, and answers only to pages of the Web UI that is named. `kha server` has one of its own.",
  examples: [
    { does: 'on your machine, for the Web UI of your team', run: 'kha codec --origin https://temporal.example.com' },
    { does: 'another port', run: 'kha codec --port 8300 --origin http://127.0.0.1:8233' },
  ],
  see: ['server', 'key list'],
  arguments: args,
  options,
  load: () => import('../handlers/codec.ts'),
});
