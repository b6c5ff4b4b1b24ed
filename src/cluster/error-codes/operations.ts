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
