import { EXPIRY_OUTCOMES } from '../cluster/approvals.ts';
import { argument, choice, flag, list, optionalArgument, text } from './command.ts';

/** Options that several commands share. */
export const sourceOptions = {
  file: list({
    short: 'f',
    value: 'FILE',
    about: 'Cluster file (YAML); several are merged, later ones win, over an inventory too; - is standard input.',
    complete: 'file',
  }),
  inventory: text({
    short: 'i',
    value: 'FILE',
    about: 'Ansible inventory (INI) in the place of a cluster file.',
    complete: 'file',
  }),
  extraVars: list({
    short: 'e',
    value: '@FILE|KEY=VALUE',
    about: 'Variables over those of the inventory, as ansible-playbook takes them.',
  }),
  name: text({ value: 'NAME', about: 'Name of the cluster that an inventory describes (default: of its file).' }),
};

export const outputOption = {
  output: choice({
    short: 'o',
    value: 'FORMAT',
    choices: ['table', 'wide', 'json', 'yaml', 'name'],
    about: 'How to print: table, wide, json, yaml or name.',
  }),
};

/** For commands whose text is no table. */
export const documentOption = {
  output: choice({ short: 'o', value: 'FORMAT', choices: ['text', 'json', 'yaml'], about: 'How to print.' }),
};

/** For operations on some hosts. */
export const targetOptions = {
  host: list({
    value: 'NAME[=ADDRESS]',
    about: 'Host to add, NAME=[USER@]ADDRESS[:PORT], connected to as the others are; or to remove, by its name.',
    complete: 'host',
  }),
};

/** For recover-cluster. */
export const lostOption = {
  lost: list({
    value: 'HOST',
    about: 'Of recover-cluster: a host that is gone for good; it leaves the cluster.',
    complete: 'host',
  }),
};

/** For operations that drain nodes. */
export const drainOption = {
  drain: list({
    value: 'WORD',
    about:
      "Of this operation, over the cluster file's drain: force, delete-emptydir-data, timeout=SECONDS, grace-period=SECONDS.",
  }),
};

/** For operations that take hosts away for a while, some at a time. */
export const maintenanceOptions = {
  maxUnavailable: text({
    value: 'N|N%',
    about: "Workers that may be away at once, over the cluster file's maintenance.",
  }),
  kernel: text({
    value: 'VERSION',
    about: 'Of kernel-upgrade: newest, or a version as uname -r has it, from the repositories of the hosts.',
  }),
};

/** Whom an operation asks, and when it may take nodes away. */
export const gateOptions = {
  approveBefore: list({
    value: 'PLACE',
    about:
      'Wait for kha approve before this, besides what the cluster file says: a step, for each host, or STEP:batch, STEP:once; or start, each-host, each-master, each-batch.',
    complete: 'step',
  }),
  approvalExpires: text({ value: 'DURATION', about: 'How long such an approval is waited for, such as 24h.' }),
  approvalOutcome: choice({
    value: 'WHAT',
    choices: EXPIRY_OUTCOMES,
    about: 'What comes when nobody decided by then: park (default), reject or continue.',
  }),
  window: list({
    value: 'WINDOW',
    about:
      "When nodes may be taken away, in the place of the cluster file's maintenance.window: 'Sat 01:00-05:00 Europe/Berlin'; any for now and always.",
  }),
};

export const tableOptions = { ...outputOption, noHeaders: flag({ about: 'Leave the line of headers out.' }) };

export const partOptions = {
  only: list({ value: 'STEP', about: 'Only these steps; what they need is taken as done.', complete: 'step' }),
  skipSteps: list({ value: 'STEP', about: 'Without these steps.', complete: 'step' }),
};

export const yesOption = { yes: flag({ short: 'y', about: 'Answer every question about this with yes.' }) };

export const clusterArgument = argument({ about: 'Name of a recorded cluster.', complete: 'cluster' });
export const optionalClusterArgument = optionalArgument({
  about: 'Name of a recorded cluster; not needed where there is one only.',
  complete: 'cluster',
});
export const operationArgument = argument({ about: 'What to do, for example init-cluster.', complete: 'operation' });
export const optionalTaskArgument = optionalArgument({ about: 'Id of a task: STEP/HOST.', complete: 'task' });

/** Which of the parked tasks a decision is about. */
export const parkedArgument = optionalArgument({
  about: "A parked task, STEP/HOST; 'STEP/*' is all of a step. Not needed where one is parked only.",
  complete: 'task',
});
export const parkedOptions = {
  host: list({ value: 'HOST', about: 'All that is parked of this host.', complete: 'host' }),
  all: flag({ about: 'All parked tasks.' }),
};

/** `a,b` and repeated flags alike. */
export const splitList = (values: readonly string[]): string[] =>
  values
    .flatMap((v) => v.split(','))
    .map((v) => v.trim())
    .filter((v) => v !== '');
