import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, labDown } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { BOOT_ID, bootIds, countStarts, startsOf } from './boots.ts';
import {
  createKha,
  judgeCluster,
  type Kha,
  killWorkerWhen,
  kubectl,
  onHost,
  untilOn,
  writeClusterFile,
} from './kha.ts';
import { readyHosts } from './ready-hosts.ts';

const reason = whyNoLab();

describe.skipIf(reason !== undefined)(`hosts are rebooted${reason === undefined ? '' : ` (${reason})`}`, () => {
  let hosts: LabHost[];
  let kha: Kha;
  let file: string;
  const cordoned = (node: string): Promise<string> =>
    onHost(
      'h1',
      `${kubectl} get node ${node} -o jsonpath='{.spec.unschedulable} {.metadata.annotations.kha/cordoned-by}'`,
    );

  beforeAll(async () => {
    hosts = await readyHosts(2);
    await countStarts(hosts);
    kha = await createKha();
    await kha.serve();
    file = writeClusterFile(
      kha,
      { hosts, masters: 1, workers: 1 },
      (text) => `${text}maintenance: { settleSeconds: 3 }\n`,
    );
  }, 1_800_000);
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.error((await kha.run('status', 'demo')).stdout);
  });
  afterAll(async () => {
    await kha?.close();
    await labDown();
  });

  it('before there is a cluster, one after another and once each, though the worker dies meanwhile', async () => {
    const before = await bootIds(hosts);
    const rebooting = kha.run('start-workflow', 'reboot', '-f', file, '--accept-host-keys');
    await killWorkerWhen(kha, rebooting, 'h1', '[ -s /var/lib/kha/reboot ]');
    const { code, stdout, stderr } = await rebooting;
    expect(code, stderr + stdout).toBe(0);
    const after = await bootIds(hosts);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    expect(await startsOf(hosts)).toEqual([1, 1]);
    expect(await kha.ok('get', 'clusters', '-o', 'name')).toBe('');
  }, 300_000);

  it('of a cluster, with the worker killed while a host is away; who was cordoned before stays so', async () => {
    const made = await kha.run('start-workflow', 'init-cluster', '-f', file);
    expect(made.code, made.stderr + made.stdout).toBe(0);
    // With what an earlier cordon of kha's left, which somebody took back by hand.
    await onHost('h1', `${kubectl} annotate node w1 kha/cordoned-by=earlier && ${kubectl} cordon w1`);
    const dry = await kha.ok('plan', 'reboot', '--cluster', 'demo', '--dry-run');
    expect(dry).toContain('m1 → w1');
    expect(dry).toContain('w1 restarts');
    const before = await bootIds(hosts);

    const rebooting = kha.run('start-workflow', 'reboot', '--cluster', 'demo');
    await untilOn('h1', `${kubectl} get node m1 -o jsonpath='{.spec.unschedulable}' | grep -q true`, 120);
    expect(await cordoned('m1')).toMatch(/^true [0-9a-f-]{36}$/);
    await killWorkerWhen(kha, rebooting, 'h1', `[ "$(${BOOT_ID})" != ${before[0]} ]`);
    const { code, stdout, stderr } = await rebooting;
    expect(code, stderr + stdout).toBe(0);
    expect((await bootIds(hosts)).filter((id) => before.includes(id))).toEqual([]);
    expect(await startsOf(hosts)).toEqual([2, 2]);
    expect(await cordoned('m1')).toBe('');
    expect(await cordoned('w1')).toBe('true');
    await onHost('h1', `${kubectl} uncordon w1`);
    await untilOn('h1', `! ${kubectl} get pods -A --no-headers | grep -vE 'Running|Completed'`, 120);
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
  }, 900_000);

  // It waits for a host for minutes.
  it.runIf(process.env['KHA_LAB_LONG'])(
    'parks where a host does not come back in its time, and uncordons it at an early end',
    async () => {
      // It goes down, and stays there for longer than it may.
      await onHost(
        'h2',
        'mkdir -p /etc/systemd/system/ssh.service.d && printf "[Service]\\nExecStartPre=/bin/sleep 80\\n" >/etc/systemd/system/ssh.service.d/late.conf',
      );
      const slow = writeClusterFile(
        kha,
        { hosts, masters: 1, workers: 1 },
        (text) => `${text}maintenance: { settleSeconds: 3 }\ntimeouts: { rebootMinutes: 1 }\n`,
        'slow.yaml',
      );
      const parked = await kha.run('start-workflow', 'reboot', '-f', slow, '--host', 'w1');
      expect(parked.code).not.toBe(0);
      expect(parked.stdout + parked.stderr).toContain('w1 is back from its reboot');
      expect(await cordoned('w1')).toMatch(/^true /);
      await untilOn('h2', 'rm /etc/systemd/system/ssh.service.d/late.conf', 200);
      await kha.ok('abort', 'demo', '--yes', '--reason', 'it stays down');
      await untilOn('h1', `[ -z "$(${kubectl} get node w1 -o jsonpath='{.spec.unschedulable}')" ]`, 60);
      expect(await startsOf(hosts)).toEqual([2, 3]);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
    },
    600_000,
  );
});
