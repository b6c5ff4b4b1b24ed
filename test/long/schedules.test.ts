import { beforeAll, describe, expect, it } from 'vitest';
import { whyNoLab } from '../../lab/machine.ts';
import { waitUntil } from '../../lab/wait.ts';
import { type Kha, writeClusterFile } from '../lab/kha.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { endSuite, servedKha } from '../lab/suite.ts';

const reason = whyNoLab();

interface Item {
  metadata: { name: string; declared: boolean };
  spec: { cron: string[]; timezone: string };
  status: { next: string[]; recent: { state?: string; reason?: string }[]; running: { state?: string }[] };
}
interface Workflow {
  operation: string;
  state: string;
  by?: string;
}

const NIGHTLY = '  - {operation: init-cluster, name: nightly, cron: "0 3 * * *", timezone: Europe/Berlin}\n';

describe.skipIf(reason !== undefined)(
  `an operation that comes back by itself${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let kha: Kha;
    let file: string;
    let wrong: string;

    const json = async <T>(...args: string[]): Promise<T> =>
      JSON.parse((await kha.run(...args, '-o', 'json')).stdout) as T;
    const schedules = async (): Promise<Item[]> => (await json<{ items: Item[] }>('schedule', 'list', 'demo')).items;
    const nightly = (): Promise<Item> => json<Item>('schedule', 'describe', 'demo/nightly');
    const workflows = async (): Promise<Workflow[]> =>
      (await json<{ items: Workflow[] }>('get', 'workflows', '-c', 'demo')).items;
    const comes = async (what: string, look: () => Promise<boolean>): Promise<void> => {
      if (!(await waitUntil(() => look().catch(() => false), 180, 1000))) throw new Error(`it never came: ${what}`);
    };

    beforeAll(async () => {
      const hosts = await readyHosts(1);
      kha = await servedKha();
      const write = (name: string, extra: string): string =>
        writeClusterFile(
          kha,
          { hosts, masters: 1, workers: 0 },
          (text) => `${text.replace(/^packages:$/m, `$&${extra}`)}schedules:\n${NIGHTLY}`,
          name,
        );
      file = write('cluster.yaml', '');
      wrong = write('wrong.yaml', '\n  extra: [no-such-package]');
    });
    endSuite(() => kha);

    it('init-cluster makes the schedules of the file, and says nothing has changed the next time', async () => {
      await kha.ok('start-workflow', 'init-cluster', '-f', file);
      expect(await schedules()).toMatchObject([
        { metadata: { name: 'nightly', declared: true }, spec: { cron: ['0 3 * * *'], timezone: 'Europe/Berlin' } },
      ]);
      await kha.ok('schedule', 'create', 'init-cluster', '--cluster', 'demo', '--name', 'by-hand', '--cron', '@weekly');
      await kha.ok('schedule', 'trigger', 'demo/nightly');
      await comes('a run', async () => (await nightly()).status.recent[0]?.state === 'completed');
      expect((await workflows())[0]).toMatchObject({
        operation: 'init-cluster',
        state: 'completed',
        by: 'schedule nightly',
      });
      const { stdout } = await kha.run('status', 'demo', '-o', 'json');
      expect(JSON.parse(stdout)).toMatchObject({ result: { changed: 0 } });
      expect((await schedules()).map((s) => s.metadata.name)).toEqual(['by-hand', 'nightly']);
    });

    it('waits for the operation that runs, through the death of worker and server, and then runs once', async () => {
      const parks = await kha.run('start-workflow', 'init-cluster', '-f', wrong, '--accept-changes');
      expect(parks.code, parks.stderr).toBe(7);
      await kha.ok('schedule', 'trigger', 'demo/nightly');
      await comes('a wait', async () => (await nightly()).status.running[0]?.state === 'waiting');
      await comes('its row', async () => (await workflows()).some((w) => w.state === 'waiting'));
      await kha.killServer();
      await kha.serve();
      expect((await nightly()).status.running).toMatchObject([{ state: 'waiting' }]);
      await kha.ok('retry', 'demo', '-f', file, '--yes');
      await comes('the second', async () => (await nightly()).status.recent[0]?.state === 'completed');
      expect((await workflows()).map((w) => [w.state, w.by?.replace(/@.*/, '')])).toEqual([
        ['completed', 'schedule nightly'],
        ['completed', 'root'],
        ['completed', 'schedule nightly'],
        ['completed', 'root'],
      ]);
    });

    it('reset-cluster forgets the schedules', async () => {
      await kha.ok('start-workflow', 'reset-cluster', '--cluster', 'demo', '--confirm', 'demo');
      expect(await schedules()).toEqual([]);
    });
  },
);
