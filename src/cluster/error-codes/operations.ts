import type { ErrorCode } from './error-code.ts';

/** Codes with which an operation ends. */
export const operationCodes: readonly ErrorCode[] = [
  {
    code: 'KHA7001',
    title: 'Aborted',
    blame: ['configuration'],
    meaning: 'An operator ended the operation, or it was started with --on-failure abort.',
    wayOut: 'It can be started again and goes on from where the hosts stand.',
  },
  {
    code: 'KHA7002',
    title: 'Another plan than the approved one',
    blame: ['configuration'],
    meaning: 'Hosts or declaration changed since the plan was approved.',
    wayOut: 'Look at the new one with `kha plan --dry-run` and approve that.',
  },
  {
    code: 'KHA7004',
    title: 'Rejected',
    blame: ['configuration'],
    meaning:
      'A person rejected what the operation was about to do, or nobody approved it in time and that was to count as a no. Who and why is in the message.',
    wayOut: 'What was done before stays. Start it again when it may go on.',
  },
  {
    code: 'KHA7020',
    title: 'No such gate',
    blame: ['configuration'],
    meaning: 'The operation has no gate of this name, or the word was not understood.',
    wayOut: '`kha approvals` shows the gates that wait.',
  },
  {
    code: 'KHA7021',
    title: 'The decision is on another plan',
    blame: ['configuration'],
    meaning: 'The operation was planned anew since the gate was looked at, from a corrected file for example.',
    wayOut: 'Look at it once more with `kha status`, and decide again.',
  },
  {
    code: 'KHA7022',
    title: 'Decided already',
    blame: ['configuration'],
    meaning:
      'Somebody approved or rejected before, or it expired with an outcome of its own. The message tells who and why.',
    wayOut: 'Nothing to do; `kha history CLUSTER latest` tells who said what. To undo an approval: `kha abort`.',
  },
  {
    code: 'KHA7023',
    title: 'Nothing to decide',
    blame: ['configuration'],
    meaning: 'No gate waits for a person now, or the operation is ending.',
    wayOut: 'A gate that is still to come can be approved ahead by its name; `kha status` lists them.',
  },
  {
    code: 'KHA7024',
    title: 'Which gate?',
    blame: ['configuration'],
    meaning: 'Several gates wait, and the decision names none.',
    wayOut: 'Name one, or give --all.',
  },
  {
    code: 'KHA7025',
    title: 'Nobody decided in time',
    blame: ['configuration'],
    meaning: 'A gate expired. It goes on by no means before a person says so.',
    wayOut: '`kha approve` or `kha reject` it now, or `kha retry` to have it asked once more with a new deadline.',
  },
  {
    code: 'KHA7003',
    title: 'Ended from outside',
    blame: ['kha'],
    meaning: 'The workflow was cancelled or terminated in Temporal itself. What ran on the hosts may have gone on.',
    wayOut: 'Start the operation again: it takes it up.',
  },
  {
    code: 'KHA7010',
    title: 'A scheduled operation could not start in time',
    blame: ['cluster'],
    meaning:
      'It was due, and waited as long as its schedule lets it: another operation ran on the cluster, or no kha worker was there.',
    wayOut:
      '`kha get workflows -c CLUSTER` shows what ran. `kha schedule trigger` runs it now; a longer --wait lets it wait for longer.',
  },
];
