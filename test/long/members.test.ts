import { beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, power, renew } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import type { Ended } from '../lab/ended.ts';
import {
  countKubeadm,
  etcdctl,
  judgeCluster,
  type Kha,
  killWorkerWhen,
  kubectl,
  kubeadmSuccesses,
  membersOn,
  onHost,
  untilOn,
  writeClusterFile,
} from '../lab/kha.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';
import { startWriter, type Writer } from './writer.ts';

const reason = whyNoLab();
describe.skipIf(reason !== undefined)(
  `somebody writes all the time while a cluster changes its members${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let hosts: LabHost[];
    let kha: Kha;
    let writer: Writer;
    const gaps: Record<string, number> = {};

    const address = (n: number): string => hosts[n - 1]?.address ?? '';
    const gap = async (what: string, most: number): Promise<void> => {
      gaps[what] = await writer.longestGap();
      console.error(`longest gap of the writer: ${what}: ${gaps[what]} ms`);
      expect(gaps[what]).toBeLessThanOrEqual(most);
    };
    const ask =
      "curl -fsS --noproxy '*' --max-time 2 --cacert /etc/kubernetes/pki/ca.crt -o /dev/null https://127.0.0.1:8443/readyz";
    const killWhen = (operation: Promise<Ended>, on: string, command: string): Promise<void> =>
      killWorkerWhen(kha, operation, on, command);
    const unchanged = async (): Promise<void> => {
      const { stderr } = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    };

    beforeAll(async () => {
      hosts = await readyHosts(6);
      kha = await servedKha();
      const file = writeClusterFile(
        kha,
        { hosts: hosts.slice(0, 5), masters: 3, workers: 2 },
        (text) => `${text}drain: { timeoutSeconds: 60 }\n`,
      );
      ends(await kha.run('start-workflow', 'init-cluster', '-f', file));
      writer = await startWriter('h4', 'h1');
    }, 1_800_000);
    endSuite(() => kha);

    it('adds a fourth master, and two members of etcd: five', async () => {
      ends(await kha.run('start-workflow', 'add-master', '--host', `m4=${address(6)}`, '--accept-host-keys'));
      await gap('a master is added', 5000);
      const growing = kha.run('start-workflow', 'add-etcd', '--host', 'm4,w1');
      await killWhen(growing, 'h1', `${etcdctl} member list | grep -q unstarted`);
      ends(await growing);
      await gap('two members of etcd are added', 5000);
      expect(await membersOn('h1')).toBe('m1 m2 m3 m4 w1');
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'm2', 'm3', 'm4', 'w1', 'w2'], 5);
    });

    it('removes the first master in order, killed between its vote and its node', async () => {
      const removing = kha.run('start-workflow', 'remove-node', '--host', 'm1', '--yes');
      await killWhen(removing, 'h2', `! ${etcdctl} member list | grep -q ', m1,'`);
      ends(await removing);
      await gap('the first master is removed', 5000);
      expect(await membersOn('h2')).toBe('m2 m3 m4 w1');
      await judgeCluster({ master: 'h2', etcd: 'h2' }, ['m2', 'm3', 'm4', 'w1', 'w2'], 4);
      await unchanged();
    });

    it('loses a master for good, and removes what is left of it', async () => {
      await power('h2', 'off');
      // Every worker, through its own load balancer.
      await Promise.all(['h4', 'h5'].map((worker) => untilOn(worker, ask, 5)));
      await untilOn('h3', `${kubectl} get node m2 | grep -q NotReady`, 180);
      await gap("a master's plug is pulled", 15_000);
      const removing = kha.run('start-workflow', 'remove-node', '--host', 'm2', '--yes');
      await killWhen(removing, 'h3', `! ${etcdctl} member list | grep -q ', m2,'`);
      ends(await removing);
      await gap('the dead master is removed', 5000);
      expect(await membersOn('h3')).toBe('m3 m4 w1');
      await judgeCluster({ master: 'h3', etcd: 'h3' }, ['m3', 'm4', 'w1', 'w2'], 3);
    });

    it('takes the host that was reset back under its old name', async () => {
      await countKubeadm('h1');
      ends(await kha.run('start-workflow', 'add-master', '--host', `m1=${address(1)}`, '--accept-host-keys'));
      expect(await kubeadmSuccesses('h1', 'join')).toBe(1);
      await gap('a host comes back under its old name', 5000);
      await judgeCluster({ master: 'h1', etcd: 'h3' }, ['m1', 'm3', 'm4', 'w1', 'w2'], 3);
    });

    it('forgets a master that was installed anew, and takes it under its old name', async () => {
      await renew(['h6']);
      await untilOn('h1', `${kubectl} get node m4 | grep -q NotReady`, 180);
      await gap('the disk of a master is gone', 15_000);
      // Somebody else answers there: kha does not talk to him, and removes who is gone.
      ends(await kha.run('start-workflow', 'remove-node', '--host', 'm4', '--yes'));
      await gap('what is left of it is removed', 5000);
      expect(await membersOn('h3')).toBe('m3 w1');
      await judgeCluster({ master: 'h1', etcd: 'h3' }, ['m1', 'm3', 'w1', 'w2'], 2);

      const m4 = `m4=${address(6)}`;
      const strange = await kha.run('start-workflow', 'add-master', '--host', m4, '--on-failure', 'abort');
      expect(strange.code).not.toBe(0);
      expect(strange.stderr).toContain('--replace');
      await kha.ok('hosts', 'trust', 'demo', '--host', m4, '--replace', '--accept-host-keys');
      ends(await kha.run('start-workflow', 'add-master', '--host', m4));
      ends(await kha.run('start-workflow', 'add-etcd', '--host', 'm4'));
      await gap('it comes back', 5000);
      expect(await membersOn('h3')).toBe('m3 m4 w1');
      await judgeCluster({ master: 'h6', etcd: 'h6' }, ['m1', 'm3', 'm4', 'w1', 'w2'], 3);
      await unchanged();
    });

    it('lets a master run pods, and no more; then makes it a worker; then takes its vote', async () => {
      const taints = () =>
        onHost('h1', `${kubectl} get node m3 -o jsonpath='{.spec.taints[*].key} {.spec.unschedulable}'`);
      ends(await kha.run('start-workflow', 'add-worker', '--host', 'm3'));
      expect(await taints()).toBe('');
      ends(await kha.run('start-workflow', 'remove-worker', '--host', 'm3', '--yes'));
      expect(await taints()).toBe('node-role.kubernetes.io/control-plane');
      await gap('a master is drained', 5000);

      ends(await kha.run('start-workflow', 'add-worker', '--host', 'm3'));
      const demoting = kha.run('start-workflow', 'remove-master', '--host', 'm3', '--yes');
      await killWhen(demoting, 'h3', '! [ -e /etc/kubernetes/manifests/kube-apiserver.yaml ]');
      ends(await demoting);
      await gap('a master becomes a worker', 5000);
      expect(
        await onHost(
          'h3',
          'ls /etc/kubernetes /etc/kubernetes/pki | grep -E "^admin|^sa|^apiserver|^front|ca.key" || :',
        ),
      ).toBe('');
      await judgeCluster({ master: 'h1', etcd: 'h3' }, ['m1', 'm3', 'm4', 'w1', 'w2'], 3);
      await unchanged();

      ends(await kha.run('start-workflow', 'remove-etcd', '--host', 'm3', '--yes'));
      await gap('a member leaves etcd', 5000);
      expect(await membersOn('h4')).toBe('m4 w1');
      expect(await onHost('h3', 'find /var/lib/etcd /etc/kubernetes/pki/etcd -type f 2>/dev/null || :')).toBe('');
      await judgeCluster({ master: 'h1', etcd: 'h4' }, ['m1', 'm3', 'm4', 'w1', 'w2'], 2);
      await unchanged();
    });

    it('lost no write that was acknowledged', async () => {
      const { acknowledged, lost } = await writer.end();
      console.error(`${acknowledged} writes acknowledged`, gaps);
      expect(lost).toEqual([]);
      expect(acknowledged).toBeGreaterThan(1000);
    });
  },
);
