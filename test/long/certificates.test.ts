import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { clusterFile } from '../../lab/cluster-file.ts';
import { type LabHost, power } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import type { Ended } from '../lab/ended.ts';
import { judgeCluster, type Kha, kubectl, onHost, untilOn } from '../lab/kha.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';

const reason = whyNoLab();
const HOSTS = ['h1', 'h2', 'h3', 'h4'];
const MASTERS = HOSTS.slice(0, 3);
/** Certificates for this long, in days: four minutes. */
const SHORT = 0.0028;

interface Item {
  metadata: { host: string; name: string };
  state: string;
  signedByCluster?: boolean;
  file?: { path: string; fingerprint?: string; notAfter?: string; isCa?: boolean };
  served?: { port: string; fingerprint?: string };
}

describe.skipIf(reason !== undefined)(`certificates are renewed${reason === undefined ? '' : ` (${reason})`}`, () => {
  let hosts: LabHost[];
  let kha: Kha;
  const file = (leafDays: number): string => {
    const text = clusterFile({ hosts, masters: 3, workers: 1 });
    const path = join(kha.home, 'cluster.yaml');
    writeFileSync(path, stringify({ ...parse(text), pki: { caDays: 1000, leafDays } }));
    return path;
  };
  const look = async (): Promise<Item[]> =>
    (JSON.parse((await kha.run('get', 'certificates', 'demo', '-o', 'json')).stdout) as { items: Item[] }).items;
  const bad = (items: readonly Item[]): string[] =>
    items
      .filter((i) => i.state !== 'good')
      .map((i) => `${i.metadata.host}/${i.metadata.name}: ${i.state} ${i.served?.port ?? ''}`);
  /** Certificates that are renewed, with what they are now. */
  const leaves = (items: readonly Item[]): Map<string, string> =>
    new Map(
      items
        .filter((i) => i.file?.fingerprint && !i.file.isCa)
        .map((i) => [`${i.metadata.host}/${i.metadata.name}`, i.file?.fingerprint ?? '']),
    );
  const containers = async (names: string): Promise<string> =>
    (await Promise.all(MASTERS.map((h) => onHost(h, `crictl ps -q --name '^(${names})$' | sort`)))).join();
  const renew = (...words: string[]): Promise<Ended> =>
    kha.run('start-workflow', 'renew-certificates', '--cluster', 'demo', ...words);

  beforeAll(async () => {
    hosts = await readyHosts(4);
    kha = await servedKha();
    ends(await kha.run('start-workflow', 'init-cluster', '-f', file(2)));
  }, 900_000);
  endSuite(() => kha, { shows: [['get', 'certificates', 'demo', '-o', 'wide']] });

  it('are all seen, as on disk and as served', async () => {
    const items = await look();
    expect(bad(items)).toEqual([]);
    const served = items.filter((i) => i.served);
    expect(served.length).toBe(3 * 6 + 1);
    expect(served.filter((i) => i.file && i.file.fingerprint !== i.served?.fingerprint)).toEqual([]);
    expect((await kha.run('get', 'certificates', 'demo', '--within', '1d')).code).toBe(0);
    const soon = await kha.run('get', 'certificates', 'demo', '--within', '30d');
    expect([soon.code, soon.stderr]).toEqual([8, expect.stringContaining('renew-certificates --cluster demo')]);
  });

  it('what ends soon is new on every port, what takes it up by itself runs on, and nothing is left to do', async () => {
    ends(await kha.run('apply', '-f', file(365), '--yes'));
    const before = await look();
    const lasting = 'etcd|kube-apiserver';
    const [kept, others] = [await containers(lasting), await containers('kube-controller-manager|kube-scheduler')];
    const keys = await onHost('h1', 'sha256sum /etc/kubernetes/pki/apiserver.key /etc/kubernetes/pki/etcd/*.key');
    const plan = await kha.ok('plan', 'renew-certificates', '--cluster', 'demo', '--dry-run');
    expect(plan).toContain('certificate etcd/peer');
    ends(await renew());
    const after = await look();
    expect(bad(after)).toEqual([]);
    const [was, is] = [leaves(before), leaves(after)];
    expect([...was].filter(([id, print]) => is.get(id) === print)).toEqual([]);
    expect((await kha.run('get', 'certificates', 'demo', '--within', '300d')).code).toBe(0);
    expect(await containers(lasting)).toBe(kept);
    expect(await containers('kube-controller-manager|kube-scheduler')).not.toBe(others);
    expect(await onHost('h1', 'sha256sum /etc/kubernetes/pki/apiserver.key /etc/kubernetes/pki/etcd/*.key')).toBe(keys);
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'm2', 'm3', 'w1'], 3);
    const all = await containers('.*');
    const again = await renew('--within', '9999d');
    expect(again.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    expect(await containers('.*')).toBe(all);
    expect(leaves(await look())).toEqual(is);
    const one = await renew('--certificate', 'apiservr');
    expect([one.code, one.stderr]).toEqual([2, expect.stringContaining('apiserver-kubelet-client')]);
  });

  it('all have expired, nobody answers, one host has been started anew since: the cluster comes back', async () => {
    ends(await kha.run('apply', '-f', file(SHORT), '--yes'));
    await Promise.all(
      HOSTS.map((h) =>
        onHost(
          h,
          "cd /etc/kubernetes; rm -f admin.conf super-admin.conf controller-manager.conf scheduler.conf /var/lib/kubelet/pki/kubelet-client-current.pem; cd /etc/kubernetes/pki 2>/dev/null && find . /var/lib/kubelet/pki -name '*.crt' ! -name 'ca.crt' ! -name 'front-proxy-ca.crt' -delete",
        ),
      ),
    );
    ends(await renew());
    // What comes next is to last.
    ends(await kha.run('apply', '-f', file(365), '--yes'));
    // So that it can't rotate its certificate.
    await onHost('h4', 'systemctl stop kubelet');
    const until = (await look())
      .map((i) => Date.parse(i.file?.notAfter ?? ''))
      .filter((t) => t < Date.now() + 86_400_000);
    expect(until.length).toBeGreaterThan(20);
    await sleep(Math.max(...until) - Date.now() + 2_000);
    expect((await kha.run('get', 'certificates', 'demo', '--within', '0s')).code).toBe(8);
    await power('h3', 'reset');
    await untilOn('h3', 'systemctl -q is-active containerd', 120);
    await onHost('h4', 'systemctl start kubelet || :');
    await untilOn('h1', `! ${kubectl} --request-timeout 5s get --raw /readyz`, 60);
    const expired = (await look()).filter((i) => i.state !== 'good').map((i) => i.metadata.name);
    for (const name of ['apiserver', 'etcd/peer', 'admin.conf', 'scheduler.conf', 'kubelet-client'])
      expect(expired).toContain(name);
    ends(await renew());
    expect(bad(await look())).toEqual([]);
    await untilOn('h1', `! ${kubectl} get nodes --no-headers | grep -v ' Ready'`, 120);
    await untilOn('h1', `! ${kubectl} get pods -A --no-headers | grep -vE 'Running|Completed'`, 180);
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'm2', 'm3', 'w1'], 3);
  });
});
