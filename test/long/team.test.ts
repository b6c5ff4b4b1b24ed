import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterFile } from '../../lab/cluster-file.ts';
import { labDown, privateKeyFile } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { places } from '../../lab/places.ts';
import { until } from '../contracts/sshd.ts';
import { freshHosts, judgeCluster, kubeadmCalls, untilOn } from '../lab/kha.ts';
import type { Ended } from '../lab/ended.ts';
import { addKey, createTeam, type Team } from './team.ts';

const reason = whyNoLab();

describe.skipIf(reason !== undefined)(
  `the parts of docker-compose.yml${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let team: Team;
    let started: Promise<Ended>;

    /** Answer of the program `temporal` to a question about workflows. */
    const ask = (...args: string[]): unknown =>
      JSON.parse(
        execFileSync(join(team.dir, 'bin/temporal'), ['workflow', ...args, '--address', team.temporal, '-o', 'json'], {
          encoding: 'utf8',
          env: { HOME: team.dir },
        }),
      );

    interface Pending {
      activityType: { name: string };
      state: string;
      lastWorkerIdentity?: string;
    }

    /** The worker that does an activity of m1 at the moment. */
    function busyWorker(): 'worker-1' | 'worker-2' | undefined {
      const running = ask('list', '--query', "ExecutionStatus = 'Running'") as { execution: { workflowId: string } }[];
      for (const { execution } of running.filter((each) => each.execution.workflowId.endsWith('/m1'))) {
        const { pendingActivities = [] } = ask('describe', '--workflow-id', execution.workflowId) as {
          pendingActivities?: Pending[];
        };
        for (const { lastWorkerIdentity = '', state } of pendingActivities)
          for (const name of ['worker-1', 'worker-2'] as const)
            if (state.endsWith('STARTED') && lastWorkerIdentity.startsWith(`${team.pid(name)}@`)) return name;
      }
      return undefined;
    }

    beforeAll(async () => {
      const hosts = await freshHosts(2);
      team = await createTeam(['docker-compose.yml'], (dir) => {
        addKey(dir, 'id_lab', privateKeyFile);
        const text = clusterFile({ hosts, masters: 1, workers: 1 }).replaceAll(places.privateKey, '~/.ssh/id_lab');
        writeFileSync(join(dir, 'cluster.yaml'), text);
      });
      await team.up();
    });
    afterAll(async () => {
      await team?.close();
      await labDown();
    });

    it('are all well, and a command sees both workers', async () => {
      const { stdout } = await team.kha('doctor');
      expect(stdout).toContain('2 kha workers');
      const settings = (await (await fetch(`${team.ui}/api/v1/settings`)).json()) as { Codec: { Endpoint: string } };
      expect(settings.Codec.Endpoint).toBe(team.codec);
    });

    it('finish init-cluster when the worker in kubeadm init is killed, and keys are changed meanwhile', async () => {
      started = team.kha('start-workflow', 'init-cluster', '-f', 'cluster.yaml');
      await untilOn('h1', 'test -e /etc/containerd/config.toml', 300);
      const before = JSON.parse((await team.kha('key', 'list', '-o', 'json')).stdout) as { items: unknown[] };
      const rotated = await team.kha('key', 'rotate');
      expect(rotated.code, rotated.stderr).toBe(0);
      const after = JSON.parse((await team.kha('key', 'list', '-o', 'json')).stdout) as { items: unknown[] };
      expect(after.items).toHaveLength(before.items.length + 2);

      await untilOn('h1', "test -e /etc/kubernetes/kubelet.conf && pgrep -f 'kubeadm init'", 600);
      let busy: ReturnType<typeof busyWorker>;
      await until('a worker is at m1', () => (busy = busyWorker()) !== undefined, 60_000);
      await team.kill(busy ?? expect.fail());
      const { code, stderr, stdout } = await started;
      expect(code, stderr + stdout).toBe(0);
    });

    it('have made a healthy cluster, with one kubeadm a host', async () => {
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
      expect([await kubeadmCalls('h1', 'init'), await kubeadmCalls('h1', 'join')]).toEqual([1, 0]);
      expect([await kubeadmCalls('h2', 'init'), await kubeadmCalls('h2', 'join')]).toEqual([0, 1]);
    });

    it("keep kha's store in PostgreSQL, and nothing of it in a container", async () => {
      const count = (table: string): number => Number(team.postgres.sql(`select count(*) from kha.${table}`, 'kha'));
      for (const table of ['objects', 'clusters', 'secrets', 'logs'])
        expect([table, count(table) > 0]).toEqual([table, true]);
      for (const volume of ['worker-1', 'worker-2', 'commands', 'codec'])
        expect([volume, existsSync(join(team.dir, 'volumes', volume, 'home/store'))]).toEqual([volume, false]);
      const again = await team.kha('logs', 'demo', 'check-health/m1');
      expect(again.stdout).toContain('kubectl get nodes');
    });

    it('show payloads of both keys in the Web UI, and to its pages only', async () => {
      const api = `${team.ui}/api/v1/namespaces/default/workflows/kha%2Fdemo/history`;
      const text = await (await fetch(api)).text();
      const { history } = JSON.parse(text) as { history: { events: Record<string, unknown>[] } };
      const payloads = history.events.flatMap((event) => payloadsIn(event));
      const ids = new Set(payloads.map(({ metadata }) => metadata['encryption-key-id']).filter(Boolean));
      expect(ids.size).toBe(2);
      const post = (origin: string): Promise<Response> =>
        fetch(`${team.codec}/decode`, { method: 'POST', headers: { origin }, body: JSON.stringify({ payloads }) });
      const answer = await post(team.ui);
      const decoded = ((await answer.json()) as { payloads: { data: string }[] }).payloads;
      expect(decoded).toHaveLength(payloads.length);
      expect(decoded.map(({ data }) => Buffer.from(data, 'base64').toString()).join()).toContain(
        '"operation":"init-cluster"',
      );
      expect((await post('http://evil.example')).status).toBe(403);
    });
  },
);

interface Payload {
  metadata: Record<string, string>;
  data: string;
}

/** Every payload in a piece of history. */
function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('metadata' in value && 'data' in value && typeof value.data === 'string') return [value as Payload];
  return Object.values(value).flatMap(payloadsIn);
}
