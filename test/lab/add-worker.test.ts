import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, labDown, power } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import {
  createKha,
  freshHosts,
  judgeCluster,
  type Kha,
  kubeadmSuccesses,
  onHost,
  untilOn,
  writeClusterFile,
} from './kha.ts';

const reason = whyNoLab();

describe.skipIf(reason !== undefined)(`workers are added${reason === undefined ? '' : ` (${reason})`}`, () => {
  let hosts: LabHost[];
  let kha: Kha;

  /** What an operation may have changed on a host, by content and by time. */
  const touched = (host: string): Promise<string> =>
    onHost(
      host,
      `find /etc /var/lib/kubelet/config.yaml /usr/local -xdev -type f -not -name 'resolv.conf' -printf '%p %T@\n' | sort; systemctl show -p ExecMainStartTimestamp kubelet containerd; crictl ps -q --name '^(etcd|kube-apiserver|nginx)$' | sort`,
    );

  beforeAll(async () => {
    hosts = await freshHosts(4);
    kha = await createKha();
    await kha.serve();
  }, 1_800_000);
  afterAll(async () => {
    await kha?.close();
    await labDown();
  });

  it('to a cluster whose first worker went down between its load balancer and its join', async () => {
    const file = writeClusterFile(kha, { hosts, masters: 1, workers: 1 });
    const made = kha.run('start-workflow', 'init-cluster', '-f', file);
    await untilOn('h2', "curl -fsS --noproxy '*' -o /dev/null http://127.0.0.1:8081/healthz", 600);
    await untilOn('h1', "pgrep -f 'kubeadm init'", 600);
    await power('h2', 'reset');
    const { code, stdout, stderr } = await made;
    expect(code, stderr + stdout).toBe(0);
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
  }, 1_200_000);

  it('two at once, while another worker is down and the worker of kha is killed; nothing else is touched', async () => {
    const before = await touched('h1');
    await power('h2', 'off');
    const names = `w2=${hosts[2]?.address},w3=${hosts[3]?.address}`;
    const { tasks } = JSON.parse(await kha.ok('plan', 'add-worker', '--host', names, '-o', 'json')) as {
      tasks: { id: string; host: string }[];
    };
    expect(tasks.filter((t) => t.host === 'm1').map((t) => t.id)).toEqual(['node-labels/m1', 'check-health/m1']);

    const adding = kha.run('start-workflow', 'add-worker', '--host', names, '--accept-host-keys');
    await untilOn('h3', "pgrep -f 'kubeadm join'", 600);
    await kha.killWorker();
    await kha.serve();
    const { code, stdout, stderr } = await adding;
    expect(code, stderr + stdout).toBe(0);

    expect([await kubeadmSuccesses('h3', 'join'), await kubeadmSuccesses('h4', 'join')]).toEqual([1, 1]);
    expect(await touched('h1')).toBe(before);
    const recorded = JSON.parse(await kha.ok('get', 'cluster', 'demo', '-o', 'json')) as {
      items: { spec: { roles: { workers: string[] } } }[];
    };
    expect(recorded.items[0]?.spec.roles.workers).toEqual(['w1', 'w2', 'w3']);
  }, 1_200_000);

  it('the cluster is whole once the one that was down is back, and a second time changes nothing', async () => {
    await power('h2', 'on');
    const again = await kha.run('start-workflow', 'add-worker', '--host', 'w2,w3');
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('nothing to change');
    const whole = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stderr).toContain('nothing to change');
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1', 'w2', 'w3'], 1);
  }, 600_000);
});
