import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, labDown } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { createRandom } from '../chaos/random.ts';
import type { Ended } from '../lab/ended.ts';
import {
  createKha,
  freshHosts,
  judgeCluster,
  type Kha,
  kubectl,
  onHost,
  untilOn,
  writeClusterFile,
} from '../lab/kha.ts';
import { startWriter, type Writer } from './writer.ts';

const reason = whyNoLab();
/** `KHA_SEED=N` plays a run again. */
const seed = Number(process.env.KHA_SEED ?? Math.floor(Date.now() / 1000));
const HOSTS = ['h1', 'h2', 'h3', 'h4'];
const CAS = ['ca', 'front-proxy-ca', 'etcd/ca'];

interface Item {
  metadata: { host: string; name: string };
  state: string;
  file?: { issuer?: string; commonName?: string; isCa?: boolean };
}

describe.skipIf(reason !== undefined)(
  `other authorities for a running cluster${reason === undefined ? `, seed ${seed}` : ` (${reason})`}`,
  () => {
    let hosts: LabHost[];
    let kha: Kha;
    let writer: Writer;
    let following = true;
    const random = createRandom(seed);
    const ends = ({ code, stdout, stderr }: Ended): void => expect(code, `seed ${seed}: ${stderr}${stdout}`).toBe(0);
    const rotate = (): Promise<Ended> =>
      kha.run('start-workflow', 'renew-certificates', '--rotate-ca', '--cluster', 'demo');
    const look = async (): Promise<Item[]> =>
      (JSON.parse((await kha.run('get', 'certificates', 'demo', '-o', 'json')).stdout) as { items: Item[] }).items;

    /** As any client whose credential is replaced: the writer takes that which admin.conf has, at once whole. */
    const follow = async (): Promise<void> => {
      let last = '';
      while (following) {
        try {
          const admin = await onHost('h1', 'cat /etc/kubernetes/admin.conf');
          if (admin !== last) await writer.follow(admin);
          last = admin;
        } catch {
          // The next time.
        }
        await sleep(1_000);
      }
    };
    /** kha's worker dies at random moments until the operation is over. */
    const survives = async (operation: Promise<Ended>, kills: number): Promise<void> => {
      let isOver = false;
      const whole = operation.finally(() => (isOver = true));
      for (let n = 0; n < kills; n++) {
        await Promise.race([whole, sleep(random.int(5_000, 40_000))]);
        if (isOver) break;
        await kha.killWorker();
        await kha.serve();
      }
      ends(await whole);
    };
    const allOf = async (generation: string): Promise<void> => {
      const items = await look();
      expect(
        items.filter((i) => i.state !== 'good').map((i) => `${i.metadata.host}/${i.metadata.name}: ${i.state}`),
      ).toEqual([]);
      const own = items.filter((i) => i.file?.issuer !== undefined);
      expect(own.length).toBeGreaterThan(50);
      expect([...new Set(own.map((i) => i.file?.issuer))].sort()).toEqual(
        ['etcd-ca', 'front-proxy-ca', 'kubernetes'].map((name) => `${name}${generation}`),
      );
      for (const host of HOSTS)
        expect(await onHost(host, 'cd /etc/kubernetes/pki; grep -c BEGIN ca.crt; ls | grep kha || :')).toBe('1');
      expect(
        await onHost('h1', 'grep -h cluster-signing /etc/kubernetes/manifests/kube-controller-manager.yaml'),
      ).toMatch(/ca\.crt\s[^]*ca\.key/);
      const pods = await onHost(
        'h1',
        `${kubectl} -n default get configmap kube-root-ca.crt -o 'jsonpath={.data.ca\\.crt}'`,
      );
      expect(pods.trim()).toBe(await onHost('h4', 'cat /etc/kubernetes/pki/ca.crt'));
      expect(await onHost('h1', `${kubectl} -n kube-public get configmap cluster-info -o yaml`)).toContain(
        await onHost('h4', 'base64 -w0 </etc/kubernetes/pki/ca.crt'),
      );
      await untilOn('h1', `! ${kubectl} get pods -A --no-headers | grep -vE 'Running|Completed'`, 180);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'm2', 'm3', 'w1'], 3);
    };

    beforeAll(async () => {
      hosts = await freshHosts(4);
      kha = await createKha();
      await kha.serve();
      const file = writeClusterFile(kha, { hosts, masters: 3, workers: 1 });
      ends(await kha.run('start-workflow', 'init-cluster', '-f', file));
      for (const ca of CAS)
        await onHost('h1', `cp /etc/kubernetes/pki/${ca}.crt /root/old-${ca.replace('/', '-')}.crt`);
      writer = await startWriter('h4', 'h1');
    }, 900_000);
    afterEach(async ({ task }) => {
      if (task.result?.state !== 'fail') return;
      console.error((await kha.run('status', 'demo')).stdout);
      console.error((await kha.run('get', 'certificates', 'demo')).stdout);
    });
    afterAll(async () => {
      following = false;
      await kha?.close();
      await labDown();
    });

    it('the API answers all the while, whoever dies meanwhile', async () => {
      const followed = follow();
      await writer.longestGap();
      const kills = Number(process.env.KHA_KILLS ?? 4);
      await survives(rotate(), kills);
      const gap = await writer.longestGap();
      console.error(`longest gap: ${gap} ms (seed ${seed})`);
      expect(gap).toBeLessThanOrEqual(5_000);
      following = false;
      await followed;
      const { acknowledged, lost } = await writer.end();
      expect(lost).toEqual([]);
      expect(acknowledged).toBeGreaterThan(100);
      await allOf('-2');
      // Who trusts the old authority alone, as a pod of before does, still believes the API servers.
      for (const { address } of hosts.slice(0, 3))
        await onHost('h1', `curl -fsS --noproxy '*' --cacert /root/old-ca.crt https://${address}:6443/readyz`);
      const renewed = await kha.run('start-workflow', 'renew-certificates', '--cluster', 'demo');
      expect(renewed.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
      const again = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(again.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    });
  },
);
