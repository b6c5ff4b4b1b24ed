import { beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, power } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import {
  freshHosts,
  judgeCluster,
  type Kha,
  kubectl,
  kubeadmSuccesses,
  onHost,
  untilOn,
  writeClusterFile,
} from './kha.ts';
import { standingOf } from './standing.ts';
import { endSuite, servedKha } from './suite.ts';

const reason = whyNoLab();
const isLong = process.env['KHA_LAB_LONG'] !== undefined;

/** From the first to the last refusal without an answer between, ms; refusals are lines of ms since the epoch. */
function longestOutage(text: string): number {
  const times = text.split('\n').filter(Boolean).map(Number);
  let longest = 0;
  let begin = times[0] ?? 0;
  times.forEach((time, i) => {
    if (time - (times[i - 1] ?? time) > 1000) begin = time;
    longest = Math.max(longest, time - begin);
  });
  return longest;
}
/** The API through the load balancer of a node, as its kubelet. */
const api =
  "curl -fsS --noproxy '*' --cacert /etc/kubernetes/pki/ca.crt --cert /var/lib/kubelet/pki/kubelet-client-current.pem https://127.0.0.1:8443";
const pki = '/etc/kubernetes/pki/etcd';
const memberList = `crictl exec $(crictl ps -q --name '^etcd$') etcdctl --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key member list`;

describe.skipIf(reason !== undefined)(
  `a cluster grows and shrinks${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let hosts: LabHost[];
    let kha: Kha;

    const found = new Map<string, string[]>();
    const asFound = async (host: string): Promise<void> => {
      const [before = [], now] = [found.get(host), await standingOf(host)];
      expect(now.filter((line) => !before.includes(line))).toEqual([]);
      expect(before.filter((line) => !now.includes(line))).toEqual([]);
    };

    /** What an operation may have changed on a host, by content and by time. */
    const touched = (host: string): Promise<string> =>
      onHost(
        host,
        `find /etc /var/lib/kubelet/config.yaml /usr/local -xdev -type f -not -name 'resolv.conf' -printf '%p %T@\n' | sort; systemctl show -p ExecMainStartTimestamp kubelet containerd; crictl ps -q --name '^(etcd|kube-apiserver|nginx)$' | sort`,
      );

    beforeAll(async () => {
      // Bare: what is reset is to be as it was found, without what kha installed.
      hosts = await freshHosts(4);
      for (const { name } of hosts) found.set(name, await standingOf(name));
      kha = await servedKha();
    }, 1_800_000);
    endSuite(() => kha);

    it('begins with a cluster whose first worker went down between its load balancer and its join', async () => {
      const file = writeClusterFile(
        kha,
        { hosts, masters: 1, workers: 1 },
        (text) => `${text}drain: { timeoutSeconds: 20 }\n`,
      );
      const made = kha.run('start-workflow', 'init-cluster', '-f', file);
      await untilOn('h2', "curl -fsS --noproxy '*' -o /dev/null http://127.0.0.1:8081/healthz", 600);
      await untilOn('h1', "pgrep -f 'kubeadm init'", 600);
      await power('h2', 'reset');
      const { code, stdout, stderr } = await made;
      expect(code, stderr + stdout).toBe(0);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
    }, 1_200_000);

    it('adds two workers at once, while another worker is down and the worker of kha is killed; nothing else is touched', async () => {
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

    it('is whole once the one that was down is back, and a second time changes nothing', async () => {
      await power('h2', 'on');
      await untilOn('h2', "curl -fsS --noproxy '*' -o /dev/null http://127.0.0.1:8081/healthz", 120);
      const again = await kha.run('start-workflow', 'add-worker', '--host', 'w2,w3');
      expect(again.code, again.stderr).toBe(0);
      expect(again.stderr).toContain('nothing to change');
      const whole = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(whole.code, whole.stderr).toBe(0);
      expect(whole.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1', 'w2', 'w3'], 1);
    }, 600_000);

    it('removes a worker that is dead for good', async () => {
      await power('h2', 'off');
      const { code, stdout, stderr } = await kha.run('start-workflow', 'remove-node', '--host', 'w1', '--yes');
      expect(code, stderr + stdout).toBe(0);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w2', 'w3'], 1);
    }, 900_000);

    it('removes one with a pod of nobody, and that a budget keeps: it says why, parks, and goes on once there is room', async () => {
      await onHost('h1', `${kubectl} create deployment kept --image docker.io/library/nginx:1.22.1 --replicas 2`);
      await onHost('h1', `${kubectl} create poddisruptionbudget kept --selector app=kept --min-available 2`);
      await untilOn('h1', `[ "$(${kubectl} get deployment kept -o jsonpath='{.status.readyReplicas}')" = 2 ]`, 120);
      const pod = {
        terminationGracePeriodSeconds: 1,
        hostNetwork: true,
        nodeName: 'w3',
        containers: [{ name: 'bare', image: 'docker.io/library/nginx:1.22.1', command: ['sleep', '1000'] }],
      };
      await onHost(
        'h1',
        `${kubectl} apply -f - <<'END'\n${JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare', namespace: 'default' }, spec: pod })}\nEND\n`,
      );
      const refused = await kha.run('start-workflow', 'remove-node', '--host', 'w3', '--yes', '--on-failure', 'abort');
      expect(refused.stdout + refused.stderr).toContain('default/bare');
      expect(refused.code).toBe(6);
      const drain = ['--drain', 'force,timeout=15'];
      const stuck = await kha.run('start-workflow', 'remove-node', '--host', 'w3', '--yes', ...drain);
      expect(stuck.stdout + stuck.stderr).toContain('drain/w3');
      expect(stuck.stdout + stuck.stderr).toContain('default/kept');
      await onHost('h1', `${kubectl} delete poddisruptionbudget kept`);
      await kha.ok('retry', 'demo', '--all');
      const { code, stdout, stderr } = await kha.run('status', 'demo', '-w');
      expect(code, stderr + stdout).toBe(0);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w2'], 1);
    }, 1_200_000);

    it('leaves the host as it was found', () => asFound('h4'));

    it('gives its place to a master: the others hear of it once it has joined, and lose no connection', async () => {
      const watch = `${api}'/api/v1/nodes?watch=1&fieldSelector=metadata.name=w2' >/dev/null`;
      const ask = `while :; do ${api}/readyz --max-time 3 -o /dev/null || date +%s%3N >>/run/refused; sleep 0.1; done`;
      await onHost(
        'h3',
        `systemd-run -q --unit watching sh -c "${watch}"; systemd-run -q --unit asking sh -c "${ask}"`,
      );
      const backends = () => onHost('h3', 'cat /etc/kubernetes/kha/load-balancer/nginx.conf');
      const adding = kha.run('start-workflow', 'add-master', '--host', `m2=${hosts[3]?.address}`, '--accept-host-keys');
      await untilOn('h4', "pgrep -f 'kubeadm join'", 600);
      expect(await backends()).not.toContain(hosts[3]?.address);
      await kha.killWorker();
      await kha.serve();
      const { code, stdout, stderr } = await adding;
      expect(code, stderr + stdout).toBe(0);
      expect(await backends()).toContain(hosts[3]?.address);
      expect(await onHost('h3', 'systemctl is-active watching asking; cat /run/refused 2>/dev/null || :')).toBe(
        'active\nactive',
      );
      // Once as the worker that it was.
      expect(await kubeadmSuccesses('h4', 'join')).toBe(2);
      const { stderr: again } = await kha.run('start-workflow', 'add-master', '--host', 'm2');
      expect(again, await kha.ok('status', 'demo')).toContain('nothing to change');
      await judgeCluster({ master: 'h4', etcd: 'h1' }, ['m1', 'm2', 'w2'], 1);
    }, 1_200_000);

    // Members of etcd come and go here only in a long run, as it takes minutes: see test/long/members.test.ts for more of them.
    it.runIf(isLong)(
      'grows to three members of etcd, on a master and on a worker, and outlives the first',
      async () => {
        const adding = kha.run('start-workflow', 'add-etcd', '--host', 'm2,w2');
        await untilOn('h1', `${memberList} | grep -q unstarted`, 300);
        await kha.killWorker();
        await kha.serve();
        const { code, stdout, stderr } = await adding;
        expect(code, stderr + stdout).toBe(0);
        const list = (await onHost('h3', memberList)).trim().split('\n');
        expect(list.map((line) => line.replace(/^\w+, (\w+), (\w+), .* (\w+)$/, '$2 $1, learner $3')).sort()).toEqual([
          'm1 started, learner false',
          'm2 started, learner false',
          'w2 started, learner false',
        ]);
        for (const again of [
          ['add-etcd', '--host', 'm2,w2'],
          ['init-cluster', '--cluster', 'demo'],
        ]) {
          const { stderr: said } = await kha.run('start-workflow', ...again);
          expect(said, await kha.ok('status', 'demo')).toContain('nothing to change');
        }
        expect(longestOutage(await onHost('h3', 'cat /run/refused 2>/dev/null || :'))).toBeLessThanOrEqual(5000);
        await judgeCluster({ master: 'h4', etcd: 'h3' }, ['m1', 'm2', 'w2'], 3);

        await power('h1', 'off');
        await untilOn('h3', `${api}/readyz --max-time 2 -o /dev/null`, 5);
        await onHost('h4', `${kubectl} create configmap written-without-m1`);
      },
      1_200_000,
    );

    it('meanwhile resets the worker that was dead and is back, and none that is a member', async () => {
      await power('h2', 'on');
      const member = await kha.run('start-workflow', 'reset-node', '--host', `w2=${hosts[2]?.address}`, '--yes');
      expect(member.code, member.stdout).not.toBe(0);
      expect(member.stderr).toContain('is a host of demo');
      await kha.ok('start-workflow', 'reset-node', '--host', `w1=${hosts[1]?.address}`, '--yes', '--accept-host-keys');
      await asFound('h2');
      // It was up for a while, and its kubelet had made itself a node.
      await onHost('h4', `${kubectl} delete node w1 --ignore-not-found`);
    }, 600_000);

    it.runIf(isLong)(
      'removes the first master, dead as it is, with its member of etcd',
      async () => {
        // Until then its pods count as running, and a drain waits for their end.
        await untilOn('h4', `${kubectl} get node m1 | grep -q NotReady`, 120);
        const removing = kha.run('start-workflow', 'remove-node', '--host', 'm1', '--yes');
        await Promise.race([
          untilOn('h3', `! ${memberList} | grep -q m1,`, 300),
          removing.then(({ stderr, stdout }) => Promise.reject(new Error(`it ended before: ${stderr}${stdout}`))),
        ]);
        await kha.killWorker();
        await kha.serve();
        const { code, stdout, stderr } = await removing;
        expect(code, stderr + stdout).toBe(0);
        const servers = await onHost(
          'h4',
          "sed -n 's/^ *- --etcd-servers=//p' /etc/kubernetes/manifests/kube-apiserver.yaml",
        );
        expect(servers).toBe([3, 2].map((i) => `https://${hosts[i]?.address}:2379`).join());
        expect(await onHost('h3', 'cat /etc/kubernetes/kha/load-balancer/nginx.conf')).not.toContain(
          `${hosts[0]?.address}:`,
        );
        await judgeCluster({ master: 'h4', etcd: 'h3' }, ['m2', 'w2'], 2);
      },
      1_200_000,
    );

    // That a host which is silent parks, and may be left out: test/unit/workflows; here it would be two minutes of tries.
    it('resets the whole cluster, by its name, with no API server', async () => {
      const refused = await kha.run('start-workflow', 'reset-cluster', '--cluster', 'demo', '--confirm', 'prod');
      expect(refused.code, refused.stdout).not.toBe(0);
      const left = isLong ? ['h3', 'h4'] : ['h1', 'h3', 'h4'];
      for (const host of left) await onHost(host, 'rm -f /etc/kubernetes/manifests/kube-apiserver.yaml');
      await kha.ok('start-workflow', 'reset-cluster', '--cluster', 'demo', '--confirm', 'demo');
      for (const host of left) await asFound(host);
      expect(await kha.ok('get', 'clusters', '-o', 'name')).toBe('');
    }, 600_000);
  },
);
