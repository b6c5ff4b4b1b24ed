import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusterFile } from '../../lab/cluster-file.ts';
import type { LabHost } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { BOOT_ID, bootIds, cordoned, countStarts, startsOf } from './boots.ts';
import { judgeCluster, type Kha, killWorkerWhen, kubectl, onHost, untilOn } from './kha.ts';
import { readyHosts } from './ready-hosts.ts';
import { ends, endSuite, servedKha } from './suite.ts';

const reason = whyNoLab();

// With three masters, in use, and with what takes minutes: certificates, reboot and reboot-cluster in test/long.
describe.skipIf(reason !== undefined)(`a cluster is maintained${reason === undefined ? '' : ` (${reason})`}`, () => {
  let hosts: LabHost[];
  let kha: Kha;
  const file = (leafDays: number): string => {
    const path = join(kha.home, 'cluster.yaml');
    const text = clusterFile({ hosts, masters: 1, workers: 1 });
    writeFileSync(path, `${text}pki: { caDays: 1000, leafDays: ${leafDays} }\nmaintenance: { settleSeconds: 3 }\n`);
    return path;
  };
  const containers = (): Promise<string> => onHost('h1', 'crictl ps -q | sort');

  beforeAll(async () => {
    hosts = await readyHosts(2);
    await countStarts(hosts);
    kha = await servedKha();
    ends(await kha.run('start-workflow', 'init-cluster', '-f', file(2)));
  }, 900_000);
  endSuite(() => kha);

  it('gets new certificates for those that end soon, and serves them; a second time nothing is left to do', async () => {
    expect((await kha.run('get', 'certificates', 'demo', '--within', '30d')).code).toBe(8);
    ends(await kha.run('apply', '-f', file(365), '--yes'));
    ends(await kha.run('start-workflow', 'renew-certificates', '--cluster', 'demo'));
    const { code, stdout } = await kha.run('get', 'certificates', 'demo', '--within', '300d', '-o', 'json');
    expect(code, stdout).toBe(0);
    const { items } = JSON.parse(stdout) as { items: { state: string; served?: object }[] };
    expect(items.filter(({ state }) => state !== 'good')).toEqual([]);
    expect(items.filter(({ served }) => served).length).toBe(6 + 1);
    const before = await containers();
    const again = await kha.run('start-workflow', 'renew-certificates', '--cluster', 'demo');
    expect(again.stderr).toContain('nothing to change');
    expect(await containers()).toBe(before);
  });

  it('is rebooted, with the worker killed while a host is away; who was cordoned before stays so', async () => {
    // With what an earlier cordon of kha's left, which somebody took back by hand.
    await onHost('h1', `${kubectl} annotate node w1 kha/cordoned-by=earlier && ${kubectl} cordon w1`);
    const dry = await kha.ok('plan', 'reboot', '--cluster', 'demo', '--dry-run');
    expect(dry).toContain('m1 → w1');
    expect(dry).toContain('w1 restarts');
    const before = await bootIds(hosts);

    const rebooting = kha.run('start-workflow', 'reboot', '--cluster', 'demo');
    await untilOn('h1', `${kubectl} get node m1 -o jsonpath='{.spec.unschedulable}' | grep -q true`, 120);
    expect(await cordoned('h1', 'm1')).toMatch(/^true [0-9a-f-]{36}$/);
    await killWorkerWhen(kha, rebooting, 'h1', `[ "$(${BOOT_ID})" != ${before[0]} ]`);
    ends(await rebooting);
    expect((await bootIds(hosts)).filter((id) => before.includes(id))).toEqual([]);
    expect(await startsOf(hosts)).toEqual([1, 1]);
    expect(await cordoned('h1', 'm1')).toBe('');
    expect(await cordoned('h1', 'w1')).toBe('true');
    await onHost('h1', `${kubectl} uncordon w1`);
    await untilOn('h1', `! ${kubectl} get pods -A --no-headers | grep -vE 'Running|Completed'`, 120);
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
  });
});
