import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { power } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { places } from '../../lab/places.ts';
import { run } from '../../lab/run.ts';
import { waitUntil } from '../../lab/wait.ts';
import { freshHosts, judgeCluster, type Kha, kubeadmCalls, untilOn, writeClusterFile } from './kha.ts';
import { ends, endSuite, servedKha } from './suite.ts';

const reason = whyNoLab();

interface Task {
  id: string;
  state: string;
  startedAt?: string;
  endedAt?: string;
  failure?: { message: string; lastLines: string[] };
}

/** States of packages between nothing and installed: dpkg was interrupted. */
const HALF = 'half-installed|unpacked|half-configured|triggers';
const statesOfPackages = ['-W', '-f=${db:Status-Status}\\n'];

describe.skipIf(reason !== undefined)(
  `a step that can't succeed, and a host without power${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let kha: Kha;
    let good: string;
    let wrongImage: string;
    let wrongPackage: string;

    /** The tasks as `kha status -o json` tells them, whatever its exit code is. */
    const tasks = async (): Promise<Map<string, Task>> => {
      const { stdout } = await kha.run('status', 'demo', '-o', 'json');
      return new Map((JSON.parse(stdout) as { tasks: Task[] }).tasks.map((t) => [t.id, t]));
    };

    beforeAll(async () => {
      const hosts = await freshHosts(2);
      kha = await servedKha();
      const file = (name: string, change?: (text: string) => string): string =>
        writeClusterFile(kha, { hosts, masters: 1, workers: 1 }, change, name);
      good = file('corrected.yaml');
      wrongImage = file('wrong-image.yaml', (text) => `${text}etcd: {image: "registry.k8s.io/etcd:9.9.9-0"}\n`);
      wrongPackage = file('wrong-package.yaml', (text) =>
        text.replace(/^packages:$/m, '$&\n  extra: [no-such-package]'),
      );
    });
    endSuite(() => kha);

    it('repairs a host that lost its power in an installation, and ends with 6 where a failure shall abort', async () => {
      const ended = kha.run('start-workflow', 'init-cluster', '-f', wrongImage, '--on-failure', 'abort');
      await untilOn('h2', `dpkg-query ${statesOfPackages.map((a) => `'${a}'`).join(' ')} | grep -qE '${HALF}'`, 120);
      await power('h2', 'off');
      const dpkg = join(places.hosts, 'h2/var/lib/dpkg');
      expect(await run('dpkg-query', [`--admindir=${dpkg}`, ...statesOfPackages])).toMatch(new RegExp(HALF));
      await power('h2', 'on');

      const { stderr, ...rest } = await ended;
      ends({ stderr, ...rest }, 6);
      expect(stderr).toMatch(/etcd\/m1/);
      expect(stderr).toMatch(/etcd:9\.9\.9-0.*not found/);
      expect(stderr).toContain('the cluster file');
      expect(stderr).toContain('kha start-workflow init-cluster --cluster demo');
      const after = await tasks();
      expect(after.get('package-repositories/w1')).toMatchObject({ state: 'changed' });
      expect(after.get('etcd/m1')).toMatchObject({ state: 'parked' });
      expect(await kha.ok('logs', 'demo', 'package-repositories/w1')).toContain('run again: host rebooted');
    });

    it('goes on from there in a new run, which parks, lets the other host go on and ends with 7', async () => {
      const ended = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      ends(ended, 7);
      expect(ended.stdout).toContain('etcd/m1: parked: ');
      expect(ended.stdout).toMatch(/│ .*etcd:9\.9\.9-0.*not found/);
      expect(ended.stderr).toContain('waits for a person: parked is etcd/m1');
      for (const way of ['kha retry demo etcd/m1', 'kha retry demo -f', 'kha skip demo etcd/m1', 'kha abort demo'])
        expect(ended.stderr).toContain(way);
    });

    it('tells what waits, why and since when', async () => {
      const text = await kha.run('status', 'demo');
      ends(text, 7);
      expect(text.stdout).toMatch(/etcd:9\.9\.9-0[\s\S]*not[\s│]+found/);
      expect(text.stdout).toMatch(/! etcd[\s\S]*parked for \d+:\d\d/);

      const all = await tasks();
      const parked = all.get('etcd/m1');
      expect(parked?.state).toBe('parked');
      expect(parked?.failure?.lastLines.join('\n')).toMatch(/etcd:9\.9\.9-0.*not found/);
      // The registry has no such image: that is told at once, not after several tries.
      expect(Date.parse(parked?.endedAt ?? '') - Date.parse(parked?.startedAt ?? '')).toBeLessThan(5000);
      const since = Date.now() - Date.parse(parked?.endedAt ?? '');
      expect(since).toBeGreaterThan(0);
      expect(since).toBeLessThan(120_000);
      // What the first run did is not done again; the other host got as far as it could without an API server.
      expect(all.get('package-repositories/m1')?.state).toBe('unchanged');
      expect(all.get('load-balancer/w1')?.state).toMatch(/changed/);
      expect(all.get('images/w1')?.state).toMatch(/changed/);
      expect(all.get('join-worker/w1')?.state).toBe('waiting');
    });

    it('completes with a corrected file, and the cluster is healthy', async () => {
      const retried = await kha.run('retry', 'demo', '-f', good, '--yes');
      ends(retried, 0);
      expect(retried.stderr).toMatch(/etcd\.image[\s\S]*- registry\.k8s\.io\/etcd:9\.9\.9-0/);
      ends(await kha.run('status', 'demo', '-w'), 0);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
      expect([await kubeadmCalls('h1', 'init'), await kubeadmCalls('h2', 'join')]).toEqual([1, 1]);
    });

    it('leaves out what is skipped, ends when it is aborted, and finds nothing to change afterwards', async () => {
      const parked = await kha.run('start-workflow', 'init-cluster', '-f', wrongPackage, '--accept-changes');
      ends(parked, 7);
      expect(parked.stdout).toContain('Unable to locate package no-such-package');

      const skipped = await kha.run('skip', 'demo', '--host', 'w1', '--reason', 'not needed here', '--yes');
      ends(skipped, 0);
      // What will run although it was left out is told first.
      expect(skipped.stderr).toMatch(
        /package-repositories\/w1: [\s\S]*waits? for it directly, and \d+ more behind[\s\S]*(?:kubernetes-packages|container-runtime)\/w1/,
      );
      const wentOn = await waitUntil(
        async () => (await tasks()).get('kubernetes-packages/w1')?.state === 'unchanged',
        30,
      );
      expect(wentOn).toBe(true);
      expect((await tasks()).get('package-repositories/w1')).toMatchObject({
        state: 'skipped',
        detail: expect.stringMatching(/^not needed here \(\S+@\S+\)$/),
      });

      ends(await kha.run('abort', 'demo', '--reason', 'a typing error', '--yes'), 0);
      const over = await kha.run('status', 'demo', '-w');
      ends(over, 6);
      expect(over.stderr).toContain('was aborted: a typing error');

      const again = await kha.run('start-workflow', 'init-cluster', '-f', good, '--accept-changes');
      ends(again, 0);
      expect(again.stderr).toContain('nothing to change');
      expect([await kubeadmCalls('h1', 'init'), await kubeadmCalls('h2', 'join')]).toEqual([1, 1]);
    });
  },
);
