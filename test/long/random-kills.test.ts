import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { LabHost } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { createRandom } from '../chaos/random.ts';
import {
  breakEtcd,
  judgeCluster,
  type Kha,
  kubeadmSuccesses,
  kubectl,
  membersOn,
  onHost,
  untilOn,
  writeClusterFile,
} from '../lab/kha.ts';
import type { Ended } from '../lab/ended.ts';
import { killAtRandom } from '../lab/kill-at-random.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { seed } from '../lab/seed.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';

const reason = whyNoLab();
const KILLS = 4;
const VIP = '10.88.0.100';
const KEEPALIVED = 'docker.io/osixia/keepalived:2.2.7';

describe.skipIf(reason !== undefined)(
  `kha's worker is killed at random moments of every operation, and Temporal now and then${reason === undefined ? `, seed ${seed}` : ` (${reason})`}`,
  () => {
    const random = createRandom(seed);
    let hosts: LabHost[];
    let kha: Kha;
    let file: string;

    const at = (name: string, n: number): string => `${name}=${hosts[n - 1]?.address ?? ''}`;
    /** Runs an operation to its end; its worker dies again and again meanwhile, and Temporal with it. */
    const survives = async (...words: string[]): Promise<void> => {
      let isOver = false;
      const run = async (): Promise<Ended> => {
        const ended = await kha.run('start-workflow', ...words);
        // The server died before it had said that it took the operation: the command tells its user so, who comes again.
        if (ended.code !== 4) return ended;
        await kha.untilServing();
        const again = await kha.run('start-workflow', ...words);
        return again.stderr.includes('KHA1006') ? kha.run('status', 'demo', '-w') : again;
      };
      const operation = run().finally(() => (isOver = true));
      const isServer = (): boolean => random.int(1, 4) === 1;
      const kills = await killAtRandom(kha, random, () => isOver, { seconds: [1, 12], most: KILLS, isServer });
      const ended = await operation;
      console.error(`${words[0]}: killed the worker ${kills.worker} times, the server ${kills.server} times`);
      ends(ended);
    };
    /** Is the cluster what it is to be, and does kha find nothing to change in it? */
    const stands = async (nodes: string[], etcd: string): Promise<void> => {
      // Where one API server is left and starts anew, its nodes may count as silent for a while.
      await untilOn('h1', `! ${kubectl} get nodes --no-headers | grep -v ' Ready'`, 120);
      expect(await membersOn('h1')).toBe(etcd);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, nodes, etcd.split(' ').length);
      const { stderr } = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    };

    beforeAll(async () => {
      hosts = await readyHosts(5);
      kha = await servedKha();
      // Certificates that are due soon.
      file = writeClusterFile(
        kha,
        { hosts: hosts.slice(0, 2), masters: 1, workers: 1 },
        (text) => `${text}pki: { leafDays: 20 }\nmaintenance: { settleSeconds: 3 }\n`,
      );
      await survives('init-cluster', '-f', file);
    }, 1_800_000);
    endSuite(() => kha);

    it('the cluster grows', async () => {
      const written = ['--accept-host-keys', '--write', file];
      await survives('add-worker', '--host', at('w2', 3), ...written);
      await survives('add-master', '--host', `${at('m2', 4)},${at('m3', 5)}`, ...written);
      await survives('add-etcd', '--host', 'm2,m3', '--write', file);
      await stands(['m1', 'm2', 'm3', 'w1', 'w2'], 'm1 m2 m3');
      for (const host of ['h3', 'h4', 'h5']) expect(await kubeadmSuccesses(host, 'join')).toBe(1);
    });

    it('etcd loses its quorum, and is recovered', async () => {
      await breakEtcd(['h4', 'h5'], 'h1');
      await survives('recover-cluster', '--yes');
      await stands(['m1', 'm2', 'm3', 'w1', 'w2'], 'm1 m2 m3');
    });

    it('its certificates are renewed, and its hosts start anew', async () => {
      writeFileSync(file, readFileSync(file, 'utf8').replace('leafDays: 20', 'leafDays: 365'));
      await kha.ok('apply', '-f', file, '--yes');
      await survives('renew-certificates', '--cluster', 'demo');
      const { code, stdout } = await kha.run('get', 'certificates', 'demo', '--within', '300d');
      expect(code, stdout).toBe(0);
      const boots = () => Promise.all(hosts.map(({ name }) => onHost(name, 'cat /proc/sys/kernel/random/boot_id')));
      const before = await boots();
      await survives('reboot', '--cluster', 'demo');
      expect((await boots()).filter((id) => before.includes(id))).toEqual([]);
      await stands(['m1', 'm2', 'm3', 'w1', 'w2'], 'm1 m2 m3');
    });

    it('its nodes go another way to the API, and back', async () => {
      const local = readFileSync(file, 'utf8');
      const document = parse(local) as { loadBalancer?: object };
      const balancers = { hosts: ['m2', 'm3'], address: VIP, keepalived: { image: KEEPALIVED } };
      const virtual = join(kha.home, 'virtual.yaml');
      writeFileSync(virtual, stringify({ ...document, loadBalancer: { ...document.loadBalancer, ...balancers } }));
      await survives('configure-load-balancer', '-f', virtual);
      await survives('add-lb', '--host', 'm1');
      await survives('remove-lb', '--host', 'm1', '--yes');
      await stands(['m1', 'm2', 'm3', 'w1', 'w2'], 'm1 m2 m3');
      expect(await onHost('h1', 'ls /etc/kubernetes/manifests')).not.toMatch(/keepalived|load-balancer/);
      await survives('configure-load-balancer', '-f', file);
      await stands(['m1', 'm2', 'm3', 'w1', 'w2'], 'm1 m2 m3');
    });

    it('nodes give roles up', async () => {
      await survives('remove-etcd', '--host', 'm3', '--yes');
      await survives('add-worker', '--host', 'm3');
      await survives('remove-worker', '--host', 'm3', '--yes');
      await kha.ok('start-workflow', 'add-worker', '--host', 'm3');
      await survives('remove-master', '--host', 'm3', '--yes');
      await stands(['m1', 'm2', 'm3', 'w1', 'w2'], 'm1 m2');
    });

    it('hosts leave, and one comes back', async () => {
      await survives('remove-node', '--host', 'w2,m3', '--yes');
      await stands(['m1', 'm2', 'w1'], 'm1 m2');
      await survives('reset-node', '--host', at('w2', 3), '--yes');
      await survives('add-worker', '--host', at('w2', 3));
      await survives('remove-node', '--host', 'm2', '--yes');
      await stands(['m1', 'w1', 'w2'], 'm1');
    });

    it('the cluster ends', async () => {
      await survives('reset-cluster', '--confirm', 'demo');
      expect(await onHost('h1', 'ls /etc/kubernetes /var/lib/etcd 2>/dev/null || :')).toBe('');
      expect(await kha.ok('get', 'clusters', '--no-headers')).toBe('');
    });
  },
);
