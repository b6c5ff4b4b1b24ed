import { command, flag, type Input } from '../command.ts';

const args = {};
const options = {
  check: flag({ about: 'Start none: tell whether one of this machine asks Temporal for work (exit code 0, else 4).' }),
};
export type WorkerInput = Input<typeof args, typeof options>;

export const worker = command({
  name: 'worker',
  group: 'Service',
  summary: 'Run a kha worker',
  description:
    'Runs a worker that does the work of operations: it reaches the hosts by SSH. Any number may run, wherever the hosts and the store can be reached. SIGTERM lets running work settle first.',
  examples: [
    { does: 'for the Temporal of `kha server`', run: 'kha worker' },
    { does: 'for health checks of containers', run: 'kha worker --check' },
    { does: 'for another Temporal', run: 'kha worker --address temporal.example.com:7233' },
  ],
  see: ['server', 'help environment'],
  arguments: args,
  options,
  load: () => import('../handlers/worker.ts'),
});
