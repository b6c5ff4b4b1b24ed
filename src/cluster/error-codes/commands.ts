import type { ErrorCode } from './error-code.ts';

/** Codes of the command line and of what it says at the end of an operation. */
export const commandCodes: readonly ErrorCode[] = [
  {
    code: 'KHA1001',
    title: 'The command line is wrong',
    blame: ['configuration'],
    meaning: 'An option, an argument or a combination of them is not understood.',
    wayOut: '`kha COMMAND --help` shows what there is.',
  },
  {
    code: 'KHA1002',
    title: 'Not found',
    blame: ['configuration'],
    meaning: 'The cluster, host, task, secret or operation that was named is not known here.',
    wayOut: '`kha get clusters` lists what is known. Is KHA_HOME the one that you mean?',
  },
  {
    code: 'KHA1003',
    title: 'Nobody can answer',
    blame: ['configuration'],
    meaning: 'A question had to be asked, but there is no terminal.',
    wayOut: 'Give the flag that the message names; it answers in advance.',
  },
  {
    code: 'KHA1005',
    title: 'The file contradicts the record',
    blame: ['configuration'],
    meaning:
      'The cluster is recorded with a declaration, and the file says something else. The difference is shown; nothing was touched.',
    wayOut:
      'If the file is right, add --accept-changes. To run from the record, give --cluster NAME in the place of files.',
  },
  {
    code: 'KHA1006',
    title: 'An operation runs already',
    blame: ['configuration'],
    meaning: 'A cluster has one operation at a time, and Temporal enforces it.',
    wayOut: 'Watch the running one with `kha status -w`, or end it with `kha abort`.',
  },
  {
    code: 'KHA1007',
    title: 'The operation failed',
    blame: ['configuration', 'host', 'cluster', 'temporal', 'kha'],
    meaning:
      'It ended without reaching its goal. What was done stays. The lines below the message are the last ones of what failed.',
    wayOut:
      '`kha logs CLUSTER` has every command. After the repair, start the operation again: it goes on from where the hosts stand.',
  },
  {
    code: 'KHA1008',
    title: 'The operation waits for a person',
    blame: ['configuration', 'host', 'cluster', 'temporal', 'kha'],
    meaning:
      'A task failed for good and is parked, or an approval is waited for, and nothing else can go on without it.',
    wayOut: 'Repair the cause and `kha retry`, or `kha skip`, or `kha abort`; or `kha approve` or `kha reject`.',
  },
  {
    code: 'KHA1009',
    title: 'The answer was no',
    blame: ['configuration'],
    meaning: 'A question was answered with no, and nothing was done.',
    wayOut: 'Run the command again when you are sure.',
  },
  {
    code: 'KHA1010',
    title: 'Interrupted',
    blame: ['configuration'],
    meaning: 'Ctrl-C. An operation that was watched goes on.',
    wayOut: '`kha status -w` watches it again.',
  },
  {
    code: 'KHA1011',
    title: 'This machine is not ready',
    blame: ['configuration'],
    meaning: '`kha doctor` found something without which kha does not work here.',
    wayOut: 'Each line of its output names the way out.',
  },
  {
    code: 'KHA1012',
    title: 'The operation did not heed the word',
    blame: ['configuration'],
    meaning:
      'retry or skip came too late: somebody else decided first, or the task was tried again since it was looked at and parked anew.',
    wayOut: '`kha status CLUSTER` shows how it stands and who said what; decide again.',
  },
  {
    code: 'KHA1014',
    title: 'The operation was rejected',
    blame: ['configuration'],
    meaning: 'It ended because a person rejected what it was about to do. What was done before stays.',
    wayOut: 'Start it again when it may go on.',
  },
  {
    code: 'KHA1020',
    title: 'No usable admin.conf',
    blame: ['cluster'],
    meaning: "The master's /etc/kubernetes/admin.conf is no kubeconfig.",
    wayOut: 'Read it from another master with --from, or start init-cluster again: it writes the file anew.',
  },
  {
    code: 'KHA1021',
    title: 'Your kubeconfig is damaged',
    blame: ['configuration'],
    meaning: 'The file to merge into can not be read as YAML with the form of a kubeconfig. It was left as it is.',
    wayOut: 'Repair or move it, or name another one in KUBECONFIG.',
  },
  {
    code: 'KHA1022',
    title: 'Your kubeconfig is locked',
    blame: ['configuration'],
    meaning: 'kubectl and kha lock the file with a file beside it that ends in .lock.',
    wayOut: 'If nothing else runs, a killed program left it: remove it.',
  },
  {
    code: 'KHA1023',
    title: 'No master gave its kubeconfig',
    blame: ['cluster', 'host'],
    meaning: 'No master could be reached, or none is initialised yet.',
    wayOut: '`kha status CLUSTER` tells how far it is. The reason of each master stands below the message.',
  },
  {
    code: 'KHA1030',
    title: 'Certificates end soon',
    blame: ['cluster'],
    meaning: '`kha get certificates --within` found some that end within that time, or have ended.',
    wayOut: 'The lines that are not `good` name them. `kha start-workflow renew-certificates` renews them.',
  },
  {
    code: 'KHA1040',
    title: 'There is such a schedule already',
    blame: ['configuration'],
    meaning: 'The cluster has a schedule of that name; it was left as it is.',
    wayOut: 'Add --replace to change it, or give the other one a name with --name.',
  },
  {
    code: 'KHA1041',
    title: 'Temporal refuses a schedule',
    blame: ['configuration'],
    meaning: 'A cron expression or a time zone is none for Temporal, though kha took it for one.',
    wayOut: 'Correct what the message names. The time zones are those that the server of Temporal knows.',
  },
  {
    code: 'KHA1042',
    title: 'This operation is not for schedules',
    blame: ['configuration'],
    meaning:
      'Operations that remove, reset or recover something, or that need to know which hosts come, are started by a person.',
    wayOut: 'Choose one of those that the message lists.',
  },
  {
    code: 'KHA1043',
    title: 'A run of the schedule is not over',
    blame: ['configuration'],
    meaning: 'It waits for another operation, or its own runs; with overlap skip a second one would be left out.',
    wayOut: '`kha schedule describe` shows it, `kha schedule cancel` ends one that waits, `kha abort` its operation.',
  },
  {
    code: 'KHA1101',
    title: 'This load balancer is not there yet',
    blame: ['configuration'],
    meaning: 'The cluster file names a load balancer that this version of kha does not install.',
    wayOut: 'Choose one of those that the message lists.',
  },
  {
    code: 'KHA1102',
    title: 'This network is not there yet',
    blame: ['configuration'],
    meaning: 'The cluster file names a network plugin that this version of kha does not install.',
    wayOut: 'Choose one of those that the message lists.',
  },
  {
    code: 'KHA1103',
    title: 'No such operation',
    blame: ['configuration'],
    meaning: 'The name of the operation is not known.',
    wayOut: '`kha explain operation` lists them.',
  },
];
