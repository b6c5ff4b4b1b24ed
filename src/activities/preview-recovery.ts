import { etcdSnapshot } from '../cluster/paths.ts';
import { sh } from '../formats/sh.ts';
import { membersOf } from './etcd-members.ts';
import type { PreviewLine, PreviewScope } from './preview.ts';
import { decidesYet, ownStatus, strangersIn } from './recover-etcd.ts';

/** What etcd would go on from. */
export async function previewRecovery({ next, reader }: PreviewScope, hostName: string): Promise<PreviewLine[]> {
  const here = reader(hostName);
  const status = await ownStatus(here);
  const snapshot = etcdSnapshot(next.etcd.dataDir);
  const laid = await here.look('is there a snapshot', sh`date -r ${snapshot} '+%F %T %z'`);
  if (typeof status === 'string' && laid.exitCode === 0)
    return [
      {
        title: `etcd goes on from ${snapshot} on ${hostName}`,
        outcome: 'differs',
        state: `no member runs; the snapshot was written ${laid.stdout.trim()}`,
      },
    ];
  if (typeof status === 'string')
    return [{ title: `etcd on ${hostName}`, outcome: 'blocks', state: status, hint: 'see crictl logs of etcd there' }];
  if (!status.leads)
    return [
      {
        title: `etcd goes on from ${hostName}, and forgets what the other members alone have`,
        outcome: 'differs',
        state: `no leader; revision ${status.revision}`,
      },
    ];
  const strangers = strangersIn(next, await membersOf(here));
  if (strangers.length === 0) return [{ title: `etcd on ${hostName}`, outcome: 'same', state: 'has a leader' }];
  const { message, hint } = decidesYet(strangers);
  return [{ title: message, outcome: 'blocks', state: `a leader; members: ${strangers.join(', ')}`, hint: hint ?? '' }];
}
