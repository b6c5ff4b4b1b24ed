import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHome } from '../../src/home.ts';
import { openStore } from '../../src/open-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { command } from './store-samples.ts';

export interface StoreEnvironment {
  /** Environments that all lead to one empty store, one for each machine; processes are spread over them. */
  env: NodeJS.ProcessEnv[];
  dispose(): Promise<void>;
}

/**
 * What every Store must do where several processes use it and are killed; call it as `storeContract`.
 *
 * @param disturb something that happens to the store while it is written to: its server restarts; ends when that is over
 */
export function storeProcessesContract(
  name: string,
  create: () => Promise<StoreEnvironment>,
  disturb?: () => Promise<void>,
): void {
  describe(`${name} with several processes`, () => {
    let under: StoreEnvironment;
    let store: Store;
    const children: ChildProcess[] = [];
    beforeEach(async () => {
      under = await create();
      store = await openStore(findHome(under.env[0]), { env: under.env[0] ?? {} });
    });
    afterEach(async () => {
      await Promise.all(children.splice(0).map(kill));
      await store.close();
      await under.dispose();
    });

    function start(mode: string, me: string, i: number): ChildProcess {
      const writer = join(import.meta.dirname, 'processes/store-writer.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', writer, mode, me], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...under.env[i % under.env.length] },
      });
      children.push(child);
      return child;
    }

    it.skipIf(disturb)('lets the first of them create key and secret', async () => {
      const names = ['a', 'b', 'c', 'd'];
      const said = await Promise.all(
        names.map(async (me, i) => {
          const child = start('create', me, i);
          const lines = linesOf(child);
          await once(child, 'exit');
          return (await lines).join();
        }),
      );
      expect(new Set(said).size).toBe(1);
      expect(names.map((me) => `made by ${me}`)).toContain(said[0]);
      expect(await store.getSecret('demo/pki/ca')).toBe(said[0]);
    });

    it('is whole after they were killed in the middle of their writes', async () => {
      let disturbed: Promise<void> | undefined;
      const killed = await Promise.all(
        ['a', 'b', 'c'].map(async (me, i) => {
          const child = start('write', me, i);
          let rounds = 0;
          for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
            rounds = Number(line);
            if (rounds === 3) disturbed ??= disturb?.();
            if (rounds === 5 + 3 * i) child.kill('SIGKILL');
          }
          return { me, rounds };
        }),
      );
      await disturbed;
      for (const [i, { rounds }] of killed.entries()) expect(rounds).toBeGreaterThanOrEqual(5 + 3 * i);
      const record = await store.getCluster('shared');
      expect(await store.getObject<{ padding: string }>(record?.cluster ?? '')).toMatchObject({
        padding: 'x'.repeat(200_000),
      });
      expect(await store.getSecret('shared')).toMatch(/^[abc] \d+ y{50000} end$/);
      const tasks = (await store.readLog('run')).map((entry) => entry.task);
      expect(tasks).toHaveLength(new Set(tasks).size);
      const written = (await store.knownHosts('shared').read()).split('\n');
      for (const { me, rounds } of killed)
        for (let round = 1; round <= rounds; round++) {
          expect(tasks).toContain(`${me}-${round}`);
          expect(written).toContain(`${me}-${round}`);
        }
      for (const id of await store.listObjects())
        expect(await store.getObject(id)).toMatchObject({ padding: 'x'.repeat(200_000) });
      await store.appendLog('run', command('after', 0));
      expect((await store.readLog('run'))[0]?.task).toBe('after');
    });
  });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) lines.push(line);
  return lines;
}
