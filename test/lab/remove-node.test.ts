import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, labDown, power } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { createKha, freshHosts, judgeCluster, type Kha, onHost, untilOn, writeClusterFile } from './kha.ts';
import { standingOf } from './standing.ts';

const reason = whyNoLab();
const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';

describe.skipIf(reason !== undefined)(`workers are removed${reason === undefined ? '' : ` (${reason})`}`, () => {
  let hosts: LabHost[];
  let kha: Kha;
  const found = new Map<string, string[]>();
  const asFound = async (host: string): Promise<void> => {
    const [before = [], now] = [found.get(host), await standingOf(host)];
    expect(now.filter((line) => !before.includes(line))).toEqual([]);
    expect(before.filter((line) => !now.includes(line))).toEqual([]);
  };

  beforeAll(async () => {
    hosts = await freshHosts(4);
    for (const { name } of hosts) found.set(name, await standingOf(name));
    kha = await createKha();
    await kha.serve();
    const file = writeClusterFile(
      kha,
      { hosts, masters: 1, workers: 3 },
      (text) => `${text}drain: { timeoutSeconds: 20 }\n`,
    );
    await kha.ok('start-workflow', 'init-cluster', '-f', file);
  }, 1_800_000);
  afterAll(async () => {
    await kha?.close();
    await labDown();
  });

  it('one that is dead for good', async () => {
    await power('h2', 'off');
    const { code, stdout, stderr } = await kha.run('start-workflow', 'remove-node', '--host', 'w1', '--yes');
    expect(code, stderr + stdout).toBe(0);
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w2', 'w3'], 1);
  }, 900_000);

  it('one with a pod of nobody, and that a budget keeps: it says why, parks, and goes on once there is room', async () => {
    await onHost('h1', `${kubectl} create deployment kept --image docker.io/library/nginx:1.22.1 --replicas 2`);
    await onHost('h1', `${kubectl} create poddisruptionbudget kept --selector app=kept --min-available 2`);
    await untilOn('h1', `[ "$(${kubectl} get deployment kept -o jsonpath='{.status.readyReplicas}')" = 2 ]`, 120);
    const pod = {
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

  it('resets the dead one when it is back, and none that is a member', async () => {
    await power('h2', 'on');
    const member = await kha.run('start-workflow', 'reset-node', '--host', `w2=${hosts[2]?.address}`, '--yes');
    expect(member.code, member.stdout).not.toBe(0);
    expect(member.stderr).toContain('is a host of demo');
    await kha.ok('start-workflow', 'reset-node', '--host', `w1=${hosts[1]?.address}`, '--yes');
    await asFound('h2');
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w2'], 1);
  }, 600_000);

  it('resets the whole cluster, by its name, with no API server and without a host that is dead', async () => {
    const refused = await kha.run('start-workflow', 'reset-cluster', '--cluster', 'demo', '--confirm', 'prod');
    expect(refused.code, refused.stdout).not.toBe(0);
    await onHost('h1', 'rm /etc/kubernetes/manifests/kube-apiserver.yaml');
    await power('h3', 'off');
    const stuck = await kha.run('start-workflow', 'reset-cluster', '--cluster', 'demo', '--confirm', 'demo');
    expect(stuck.stdout + stuck.stderr).toContain('gather-facts/w2');
    await kha.ok('skip', 'demo', 'gather-facts/w2', '--reason', 'it burnt', '--yes');
    const { code, stdout, stderr } = await kha.run('status', 'demo', '-w');
    expect(code, stderr + stdout).toBe(0);
    await asFound('h1');
    expect(await kha.ok('get', 'clusters', '-o', 'name')).toMatchObject({ stdout: '' });
  }, 600_000);
});
