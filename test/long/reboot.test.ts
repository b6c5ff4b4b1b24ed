import { beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { bootIds, cordoned, countStarts, startsOf } from '../lab/boots.ts';
import { judgeCluster, type Kha, killWorkerWhen, kubectl, onHost, untilOn, writeClusterFile } from '../lab/kha.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { endSuite, servedKha } from '../lab/suite.ts';

const reason = whyNoLab();

describe.skipIf(reason !== undefined)(`hosts are rebooted${reason === undefined ? '' : ` (${reason})`}`, () => {
  let hosts: LabHost[];
  let kha: Kha;
  let file: string;

  beforeAll(async () => {
    hosts = await readyHosts(2);
    await countStarts(hosts);
    kha = await servedKha();
    file = writeClusterFile(
      kha,
      { hosts, masters: 1, workers: 1 },
      (text) => `${text}maintenance: { settleSeconds: 3 }\n`,
    );
  }, 1_800_000);
  endSuite(() => kha);

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

  it('parks where a host does not come back in its time, and uncordons it at an early end', async () => {
    const made = await kha.run('start-workflow', 'init-cluster', '-f', file);
    expect(made.code, made.stderr + made.stdout).toBe(0);
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
    expect(await cordoned('h1', 'w1')).toMatch(/^true /);
    await untilOn('h2', 'rm /etc/systemd/system/ssh.service.d/late.conf', 200);
    await kha.ok('abort', 'demo', '--yes', '--reason', 'it stays down');
    await untilOn('h1', `[ -z "$(${kubectl} get node w1 -o jsonpath='{.spec.unschedulable}')" ]`, 60);
    expect(await startsOf(hosts)).toEqual([1, 2]);
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
  }, 900_000);
});
