import type { AnyCommand } from '../command.ts';
import { abort } from './abort.ts';
import { apply } from './apply.ts';
import { approvals, approve, reject } from './approve.ts';
import { codec } from './codec.ts';
import { completion } from './completion.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { get } from './get.ts';
import { history } from './history.ts';
import { hostsTrust } from './hosts-trust.ts';
import { importCommand } from './import.ts';
import { keyForget, keyList, keyRotate } from './key.ts';
import { kubeconfig } from './kubeconfig.ts';
import { logs } from './logs.ts';
import { plan } from './plan.ts';
import { retry } from './retry.ts';
import {
  scheduleCancel,
  scheduleCreate,
  scheduleDelete,
  scheduleDescribe,
  scheduleList,
  schedulePause,
  scheduleResume,
  scheduleTrigger,
} from './schedule.ts';
import { secretList, secretPut, secretRemove } from './secret.ts';
import { server } from './server.ts';
import { skip } from './skip.ts';
import { startWorkflow } from './start-workflow.ts';
import { status } from './status.ts';
import { storeMigrate } from './store.ts';
import { validate } from './validate.ts';
import { version } from './version.ts';
import { worker } from './worker.ts';

/** Every command, in the order of `kha --help`. */
export const commands: readonly AnyCommand[] = [
  startWorkflow,
  apply,
  plan,
  scheduleCreate,
  scheduleList,
  scheduleDescribe,
  schedulePause,
  scheduleResume,
  scheduleTrigger,
  scheduleCancel,
  scheduleDelete,
  status,
  logs,
  approvals,
  approve,
  reject,
  history,
  retry,
  skip,
  abort,
  validate,
  importCommand,
  get,
  kubeconfig,
  hostsTrust,
  secretPut,
  secretList,
  secretRemove,
  server,
  worker,
  codec,
  keyList,
  keyRotate,
  keyForget,
  storeMigrate,
  doctor,
  explain,
  completion,
  version,
];

/** What the words that stand before commands of two words mean. */
export const commandGroups: Record<string, string> = {
  hosts: 'SSH keys of hosts',
  key: 'Keys that encrypt what Temporal and the store keep',
  schedule: 'Operations that come back by themselves',
  secret: 'Passwords and keys in the encrypted store',
  store: 'Where kha keeps what it knows',
};
