import { command, type Input } from '../command.ts';
import { tableOptions } from '../options.ts';

const args = {};
export type DoctorInput = Input<typeof args, typeof tableOptions>;

export const doctor = command({
  name: 'doctor',
  group: 'Service',
  summary: 'Check this machine',
  description:
    'Checks what kha needs on this machine: Node, its folder and keys, the program temporal, the Temporal server and a kha worker, an SSH agent, disk. Each line is PASS, WARN or FAIL, with the way out. Exit code 1 where something fails.',
  examples: [{ does: 'look', run: 'kha doctor' }],
  see: ['server', 'version'],
  arguments: args,
  options: tableOptions,
  load: () => import('../handlers/doctor.ts'),
});
