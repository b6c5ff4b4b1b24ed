import { beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { waitUntil } from '../../lab/wait.ts';
import { createRandom } from '../chaos/random.ts';
import { bootIds, countStarts, startsOf } from '../lab/boots.ts';
import { judgeCluster, type Kha, kubectl, onHost, untilOn, writeClusterFile } from '../lab/kha.ts';
import { killAtRandom } from '../lab/kill-at-random.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { seed } from '../lab/seed.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';
import { type PodWatch, watchPods } from './pod-watch.ts';
import { startWriter, type Writer } from './writer.ts';

const reason = whyNoLab();
const MASTERS = ['m1', 'm2', 'm3'];
const ANSWER = 'agreed with the users';

describe.skipIf(reason !== undefined)(
  `a cluster is rebooted through while it is used${reason === undefined ? `, seed ${seed}` : ` (${reason})`}`,
  () => {
    const random = createRandom(seed);
    let hosts: LabHost[];
    let kha: Kha;
    let pods: PodWatch;
    /** On each worker one: while its host is away the other one tells whether the API is. */
    let writers: Writer[];
    let before: string[];

    /** Ids of the gates that ask; undefined where nobody can tell now. */
    const asking = async (): Promise<string[] | undefined> => {
      const { code, stdout, stderr } = await kha.run('approvals', 'demo', '-o', 'json');
      if (code !== 0 || stderr.includes('can not be asked')) return undefined;
      return (JSON.parse(stdout) as { items: { gate: string }[] }).items.map(({ gate }) => gate);
    };
    /** Approves master after master, each once its gate asks, and waits for the end. */
    const approveAll = async (): Promise<string> => {
      for (const [i, master] of MASTERS.entries()) {
        const gate = `approve-each-master/${master}`;
        expect(await waitUntil(async () => (await asking())?.includes(gate) ?? false, 600, 1000), gate).toBe(true);
        const isAlone = await onHost('h1', `${kubectl} get nodes -o jsonpath='{.items[*].spec.unschedulable}'`);
        expect(isAlone, `somebody is away while ${master} waits`).toBe('');
        expect((await bootIds(hosts)).slice(i)).toEqual(before.slice(i));
        const taken = await waitUntil(
          async () => {
            const { code, stderr } = await kha.run('approve', 'demo', `each-master/${master}`, '--reason', ANSWER);
            // It may have been taken, and its answer lost with the server.
            return code === 0 || stderr.includes('was decided already');
          },
          120,
          1000,
        );
        expect(taken, `${gate} is approved`).toBe(true);
      }
      let state = 'running';
      const isOver = await waitUntil(
        async () => {
          const { code, stdout } = await kha.run('status', 'demo', '-o', 'json');
          if (code === 4 || stdout === '') return false;
          const shown = JSON.parse(stdout) as { state: string; tasks?: { state: string }[] };
          ({ state } = shown);
          return state !== 'running' || (shown.tasks ?? []).some((t) => t.state === 'parked');
        },
        1200,
        2000,
      );
      return isOver ? state : 'too late';
    };

    beforeAll(async () => {
      hosts = await readyHosts(5);
      await countStarts(hosts);
      kha = await servedKha();
      const file = writeClusterFile(
        kha,
        { hosts, masters: 3, workers: 2 },
        (text) => `${text}maintenance: { settleSeconds: 5 }\n`,
      );
      ends(await kha.run('start-workflow', 'init-cluster', '-f', file));
      await onHost('h1', `${kubectl} create deployment served --image docker.io/library/nginx:1.22.1 --replicas 2`);
      await onHost('h1', `${kubectl} create poddisruptionbudget served --selector app=served --min-available 1`);
      await untilOn('h1', `[ "$(${kubectl} get deployment served -o jsonpath='{.status.readyReplicas}')" = 2 ]`, 180);
      pods = await watchPods(hosts.slice(0, 3), 'served');
      writers = await Promise.all(['h4', 'h5'].map((host) => startWriter(host, 'h1')));
      await Promise.all(writers.map((writer) => writer.untilWritten(20)));
    }, 1_800_000);
    endSuite(() => kha, { shows: [['history', 'demo', 'latest']] });

    it('with an approval for each master, while worker and server die at random moments: each host once', async () => {
      before = await bootIds(hosts);
      const asks = await kha.run('start-workflow', 'reboot', '--cluster', 'demo', '--approve-before', 'each-master');
      ends(asks, 7);
      let isOver = false;
      const killing = killAtRandom(kha, random, () => isOver, {
        seconds: [5, 40],
        isServer: ({ worker, server }) => server < worker || random.int(1, 3) === 1,
      });
      const state = await approveAll().finally(() => (isOver = true));
      const kills = await killing;
      console.error(`seed ${seed}: killed the worker ${kills.worker} times, the server ${kills.server} times`);
      expect(state, `seed ${seed}`).toBe('completed');
      expect(Math.min(kills.worker, kills.server)).toBeGreaterThan(1);

      const after = await bootIds(hosts);
      expect(after.filter((id) => before.includes(id))).toEqual([]);
      expect(await startsOf(hosts)).toEqual([1, 1, 1, 1, 1]);
      const told = JSON.parse(await kha.ok('history', 'demo', 'latest', '-o', 'json')) as {
        items: { what: string; why?: string }[];
      };
      const approved = told.items.filter(({ why }) => why === ANSWER).map(({ what }) => what);
      expect(approved).toEqual(MASTERS.map((master) => `approve each-master/${master}`));
    });

    it('nobody who is up misses the API for longer than 5 s, and no acknowledged write is lost', async () => {
      for (const [i, writer] of writers.entries()) {
        const gaps = await writer.gaps();
        const told = gaps
          .filter(({ ms }) => ms > 1000)
          .map(({ from, ms }) => `${new Date(from).toISOString()} ${ms} ms`);
        const absences = await writer.absences();
        const longest = Math.max(...gaps.map(({ ms }) => ms));
        console.error(
          `writer on w${i + 1}: longest gap ${longest} ms (${told.join(', ')}); away for ${absences.join()} ms`,
        );
        expect(longest).toBeLessThanOrEqual(5000);
        // That of its own host's reboot.
        expect(absences).toHaveLength(1);
      }
      for (const writer of writers) {
        const { acknowledged, lost } = await writer.end();
        console.error(`${acknowledged} writes acknowledged`);
        expect(lost).toEqual([]);
        expect(acknowledged).toBeGreaterThan(1000);
      }
    });

    it('a pod of the two was ready at every moment, as its budget has it, though each had to move', async () => {
      const { fewestReady, changes, pods: number } = await pods.end();
      console.error(`fewest pods ready: ${fewestReady}, in ${changes} changes of ${number} pods`);
      expect(fewestReady).toBe(1);
      expect(number).toBeGreaterThanOrEqual(4);
      await untilOn('h1', `[ "$(${kubectl} get deployment served -o jsonpath='{.status.readyReplicas}')" = 2 ]`, 60);
    });

    it('leaves nothing cordoned, and nothing to change', async () => {
      const template = '{range .items[*]}{.spec.unschedulable}{.metadata.annotations.kha/cordoned-by}{end}';
      expect(await onHost('h1', `${kubectl} get nodes -o jsonpath='${template}'`)).toBe('');
      await judgeCluster({ master: 'h1', etcd: 'h1' }, [...MASTERS, 'w1', 'w2'], 3);
      const { stderr } = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    });
  },
);
