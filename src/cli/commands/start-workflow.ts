import { command, flag, type Input, text } from '../command.ts';
import { operationOptions } from '../operation-options.ts';
import { rotateOption } from '../renewal-options.ts';
import { documentOption, lostOption, operationArgument, sourceOptions, targetOptions, yesOption } from '../options.ts';

const args = { operation: operationArgument };
const options = {
  ...sourceOptions,
  cluster: text({ value: 'NAME', about: 'A recorded cluster in the place of files.', complete: 'cluster' }),
  acceptChanges: flag({ about: 'The file may differ from what is recorded of the cluster.' }),
  acceptHostKeys: flag({ about: 'Trust the keys that unknown hosts show now, without a question.' }),
  detach: flag({ short: 'd', about: 'Print the workflow id and return at once.' }),
  ...targetOptions,
  ...lostOption,
  ...operationOptions,
  ...rotateOption,
  write: text({
    value: 'FILE',
    about:
      'Cluster file that gets the hosts of --host, or loses them, when the operation is done; the rest of it stays.',
    complete: 'file',
  }),
  approvedPlan: text({
    value: 'DIGEST',
    about: 'Refuse to run any plan but this one; see kha plan --dry-run -o json.',
  }),
  ...yesOption,
  confirm: text({ value: 'NAME', about: "Of reset-cluster: the cluster's name, in the place of the question." }),
  ...documentOption,
};
export type StartWorkflowInput = Input<typeof args, typeof options>;

export const startWorkflow = command({
  name: 'start-workflow',
  group: 'Operations',
  summary: 'Start an operation and follow it',
  description:
    'Starts an operation as a Temporal workflow. It goes on when this command, a worker or Temporal itself is killed. On a terminal the progress of every host is shown; Ctrl-C stops watching only.',
  examples: [
    { does: 'a new cluster', run: 'kha start-workflow init-cluster -f cluster.yaml' },
    { does: 'from the files of kubeadm-ha', run: 'kha start-workflow init-cluster -i hosts.ini -e @variables.yaml' },
    { does: 'again, from the record', run: 'kha start-workflow init-cluster --cluster demo' },
    { does: 'two more workers', run: 'kha start-workflow add-worker --host w3=10.0.0.13,w4=10.0.0.14' },
    { does: 'one more master', run: 'kha start-workflow add-master --host m4=10.0.0.14' },
    { does: 'etcd on two more hosts', run: 'kha start-workflow add-etcd --host m2,m3' },
    { does: 'without a worker', run: 'kha start-workflow remove-node --host w3 --drain timeout=60' },
    {
      does: 'and the file as well, with its comments',
      run: 'kha start-workflow remove-node --host w3 --write cluster.yaml',
    },
    { does: 'after two of three masters burnt', run: 'kha start-workflow recover-cluster --lost m2,m3' },
    { does: 'certificates that end within 45 days', run: 'kha start-workflow renew-certificates --within 45d' },
    { does: 'other authorities', run: 'kha start-workflow renew-certificates --rotate-ca' },
    { does: 'the end of a cluster', run: 'kha start-workflow reset-cluster --cluster demo' },
    {
      does: 'in a pipeline',
      run: 'kha start-workflow init-cluster -f cluster.yaml --accept-host-keys --on-failure abort',
    },
  ],
  see: ['status -w', 'plan', 'retry', 'abort'],
  arguments: args,
  options,
  load: () => import('../handlers/start-workflow.ts'),
});
