import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, labDown } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { type Postgres, postgresMissing, startPostgres } from '../contracts/postgres.ts';
import {
  createKha,
  freshHosts,
  judgeCluster,
  type Kha,
  kubeadmSuccesses,
  untilOn,
  writeClusterFile,
} from '../lab/kha.ts';

const reason = whyNoLab() ?? postgresMissing();

describe.skipIf(reason !== undefined)(
  `two machines with one store in PostgreSQL${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let postgres: Postgres;
    let keys: string;
    let hosts: LabHost[];
    /** Where somebody types, and where Temporal is. */
    let desk: Kha;
    let workers: Kha[];

    beforeAll(async () => {
      hosts = await freshHosts(2);
      postgres = await startPostgres();
      keys = mkdtempSync(join(tmpdir(), 'kha-keys-'));
      const store = { KHA_STORE: postgres.createDatabase('kha'), KHA_KEYS: keys, PGPASSFILE: postgres.passfile };
      desk = await createKha(store);
      await desk.serve('--no-worker');
      workers = [];
      for (let i = 0; i < 2; i++) workers.push(await createKha({ ...store, TEMPORAL_ADDRESS: desk.address }));
    });
    afterAll(async () => {
      for (const kha of [...(workers ?? []), desk]) await kha?.close();
      await postgres?.dispose();
      if (keys) rmSync(keys, { recursive: true });
      await labDown();
    });

    it('form a cluster, while a worker is killed and PostgreSQL is killed and restarted', async () => {
      const [first, second] = workers.map((kha) => kha.startWorker());
      // Without pinned host keys: what is confirmed here must be known to the workers.
      const file = writeClusterFile(desk, { hosts, masters: 1, workers: 1 }, (text) =>
        text.replaceAll(/^ +ssh:\n +hostKeys:\n +- .*\n/gm, ''),
      );
      const started = desk.run('start-workflow', 'init-cluster', '-f', file, '--accept-host-keys');
      await untilOn('h1', 'test -e /etc/containerd/config.toml', 600);
      await postgres.restart();
      await untilOn('h1', "pgrep -f 'kubeadm init'", 600);
      await first?.end('SIGKILL');
      await postgres.kill();
      await postgres.start();
      const { code, stderr, stdout } = await started;
      expect(code, stderr + stdout).toBe(0);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
      expect([await kubeadmSuccesses('h1', 'init'), await kubeadmSuccesses('h2', 'join')]).toEqual([1, 1]);
      await second?.end('SIGTERM');
    }, 1_800_000);

    it('leave nothing in their homes that the others would miss', async () => {
      for (const { home } of [desk, ...workers])
        for (const path of ['store', 'known_hosts.d', 'keys'])
          expect([path, existsSync(join(home, path))]).toEqual([path, false]);
      const tables = ['objects', 'clusters', 'secrets', 'logs', 'known_hosts'];
      for (const table of tables)
        expect([table, Number(postgres.sql(`select count(*) from kha.${table}`, 'kha'))]).not.toEqual([table, 0]);
    });

    it('are told by kha doctor that store and keys fit', async () => {
      const [worker] = workers;
      const checks = await worker?.run('doctor', '-o', 'json');
      const { items } = JSON.parse(checks?.stdout ?? '') as {
        items: { check: string; result: string; message: string }[];
      };
      const store = items.filter((item) => item.check === 'store');
      expect(store.map((item) => item.result)).toEqual(['PASS', 'PASS', 'PASS']);
      expect(store.at(-1)?.message).toContain(`${keys}/store.key opens its`);
    });
  },
);
