import { command, flag, type Input, text } from '../command.ts';

const args = {};
const options = {
  port: text({ value: 'PORT', about: 'Port of Temporal on 127.0.0.1 (default: 7233).' }),
  uiPort: text({ value: 'PORT', about: 'Port of the Web UI (default: 8233).' }),
  codecPort: text({ value: 'PORT', about: 'Port where the Web UI has payloads decrypted (default: 8234).' }),
  noWorker: flag({ about: 'Temporal only; start workers with kha worker.' }),
};
export type ServerInput = Input<typeof args, typeof options>;

export const server = command({
  name: 'server',
  group: 'Service',
  summary: 'Run Temporal and a kha worker here',
  description:
    'Runs all that operations need in one process group: Temporal with its data in a file under KHA_HOME, its Web UI, and a kha worker. It can be killed at any moment; operations go on when it is started again.',
  examples: [
    { does: 'in a terminal of its own', run: 'kha server' },
    { does: 'other ports', run: 'kha server --port 7300 --ui-port 8300' },
  ],
  see: ['worker', 'doctor'],
  arguments: args,
  options,
  load: () => import('../handlers/server.ts'),
});
