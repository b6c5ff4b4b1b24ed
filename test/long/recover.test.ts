import { beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, power, renew } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import {
  breakEtcd,
  etcdctl,
  judgeCluster,
  type Kha,
  killWorkerWhen,
  kubectl,
  membersOn,
  onHost,
  untilLeaderless,
  untilOn,
  writeClusterFile,
} from '../lab/kha.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';
import { startWriter, type Writer } from './writer.ts';

const reason = whyNoLab();
/** Writes of the last second before a disaster that the member which is left may not have heard of. */
const UNHEARD = 10;

describe.skipIf(reason !== undefined)(
  `a cluster whose etcd lost its quorum${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let hosts: LabHost[];
    let kha: Kha;

    const running = async (on: string): Promise<void> =>
      untilOn(on, `! ${kubectl} get pods -A --no-headers | grep -vE 'Running|Completed'`, 180);
    /** Asserts that nothing is missing but what was written in the last moment. */
    const keeps = async (writer: Writer): Promise<void> => {
      const { acknowledged, lost } = await writer.end();
      console.error(`${acknowledged} writes acknowledged, ${lost.length} lost: ${lost.join(' ')}`);
      expect(acknowledged).toBeGreaterThan(100);
      expect(lost.length).toBeLessThanOrEqual(UNHEARD);
    };

    beforeAll(async () => {
      hosts = await readyHosts(5);
      kha = await servedKha();
      const file = writeClusterFile(kha, { hosts, masters: 3, workers: 2 });
      ends(await kha.run('start-workflow', 'init-cluster', '-f', file));
    }, 1_800_000);
    endSuite(() => kha);

    it('is left alone while etcd decides', async () => {
      const none = await kha.run('start-workflow', 'recover-cluster', '--yes');
      ends(none);
      expect(none.stderr).toContain('nothing to change');
      const alive = await kha.run('start-workflow', 'recover-cluster', '--lost', 'm3', '--yes');
      expect(alive.code).not.toBe(0);
      expect(alive.stderr).toContain('m3 answers, and still has the cluster on it');
      expect(await membersOn('h1')).toBe('m1 m2 m3');
    });

    it('goes on from the member that is whole, and the broken ones join it again', async () => {
      const writer = await startWriter('h4', 'h1');
      await writer.untilWritten(150);
      await breakEtcd(['h2', 'h3'], 'h1');

      const dry = await kha.ok('plan', 'recover-cluster', '--dry-run');
      expect(dry).toContain('etcd goes on from m1');
      const recovering = kha.run('start-workflow', 'recover-cluster', '--yes');
      await killWorkerWhen(kha, recovering, 'h1', 'grep -q force-new-cluster /etc/kubernetes/kha/etcd.yaml');
      ends(await recovering);
      expect(await membersOn('h1')).toBe('m1 m2 m3');
      expect(await onHost('h1', 'grep -c force-new-cluster /etc/kubernetes/kha/etcd.yaml || :')).toBe('0');
      expect(await onHost('h2', 'cat /var/lib/etcd/kha-former/snap/db')).toBe('broken');
      await running('h1');
      await judgeCluster({ master: 'h1', etcd: 'h2' }, ['m1', 'm2', 'm3', 'w1', 'w2'], 3);
      await keeps(writer);
      const again = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(again.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    });

    it('loses two of three members for good, the first master too, and grows again', async () => {
      const writer = await startWriter('h4', 'h3');
      await writer.untilWritten(150);
      await Promise.all([power('h1', 'off'), power('h2', 'off')]);
      await untilLeaderless('h3');

      const recovering = kha.run('start-workflow', 'recover-cluster', '--lost', 'm1,m2', '--yes');
      await killWorkerWhen(kha, recovering, 'h3', '! [ -e /etc/kubernetes/manifests/kube-apiserver.yaml ]');
      ends(await recovering);
      expect(await membersOn('h3')).toBe('m3');
      await running('h3');
      await judgeCluster({ master: 'h3', etcd: 'h3' }, ['m3', 'w1', 'w2'], 1);
      await keeps(writer);
      expect(await onHost('h3', 'ls /etc/kubernetes/super-admin.conf')).toContain('super-admin.conf');

      const [fresh] = await renew(['h1']);
      const m1 = `m1=${fresh?.address ?? ''}`;
      await kha.ok('hosts', 'trust', 'demo', '--host', m1, '--replace', '--accept-host-keys');
      ends(await kha.run('start-workflow', 'add-master', '--host', m1));
      ends(await kha.run('start-workflow', 'add-etcd', '--host', 'm1,w1'));
      expect(await membersOn('h3')).toBe('m1 m3 w1');
      await judgeCluster({ master: 'h1', etcd: 'h3' }, ['m1', 'm3', 'w1', 'w2'], 3);
      const again = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(again.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    });

    it('has no member left, and goes on from a snapshot', async () => {
      await onHost(
        'h3',
        `${etcdctl} snapshot save /var/lib/etcd/saved.db && mv /var/lib/etcd/saved.db /root/snapshot.db`,
      );
      await onHost('h3', `${kubectl} create configmap after-the-snapshot`);
      for (const host of ['h1', 'h3', 'h4'])
        await onHost(host, 'echo broken >/var/lib/etcd/member/snap/db && pkill -9 -x etcd');
      await untilOn('h3', '! pgrep -x etcd', 60);
      const without = await kha.run('start-workflow', 'recover-cluster', '--yes');
      expect(without.stderr).toContain('lay a snapshot on one of them, as /var/lib/etcd/snapshot.db');

      await onHost('h3', 'mv /root/snapshot.db /var/lib/etcd/snapshot.db');
      expect(await kha.ok('plan', 'recover-cluster', '--dry-run')).toContain('goes on from /var/lib/etcd/snapshot.db');
      const recovering = kha.run('start-workflow', 'recover-cluster', '--yes');
      await killWorkerWhen(kha, recovering, 'h3', '[ -e /var/lib/etcd/snapshot.db.restored ]');
      ends(await recovering);
      expect(await membersOn('h3')).toBe('m1 m3 w1');
      await running('h3');
      await judgeCluster({ master: 'h1', etcd: 'h3' }, ['m1', 'm3', 'w1', 'w2'], 3);
      expect(await onHost('h3', `${kubectl} get configmap -o name`)).not.toContain('after-the-snapshot');
      const again = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(again.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    });
  },
);
