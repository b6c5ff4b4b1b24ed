import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labDown, labUp, renew } from '../../../lab/lab.ts';
import { whyNoLab } from '../../../lab/machine.ts';
import { packagesGone } from '../../../src/graph/effects/packages-gone.ts';
import { addEtcd } from '../../../src/operations/add-etcd.ts';
import { configureLoadBalancer } from '../../../src/operations/configure-load-balancer.ts';
import { initCluster } from '../../../src/operations/init-cluster.ts';
import { operations } from '../../../src/operations/registry.ts';
import type { Step } from '../../../src/graph/step.ts';
import { kernelUpgrade } from '../../../src/operations/kernel-upgrade.ts';
import { reboot } from '../../../src/operations/reboot.ts';
import { recoverCluster } from '../../../src/operations/recover-cluster.ts';
import { removeEtcd } from '../../../src/operations/remove-etcd.ts';
import { removeNode } from '../../../src/operations/remove-node.ts';
import { renewCertificates } from '../../../src/operations/renew-certificates.ts';
import { rotateAuthorities } from '../../../src/operations/rotate-authorities.ts';
import { uncordon } from '../../../src/steps/uncordon.ts';
import { applyKilled, type Killed, type Killing } from './apply-killed.ts';
import { applyTwice } from './apply-twice.ts';
import { givePast, growEtcd, labNameOf, writeCluster } from './cluster.ts';
import { type Drive, openDrive, walk } from './drive.ts';
import { allKinds } from './evidence.ts';
import { differences, type HostState } from './host-state.ts';
import { installSaboteur } from './saboteur.ts';
import { twinStateOf } from './twins.ts';
import { onHost } from '../kha.ts';
import { standingOf } from '../standing.ts';

const reason = whyNoLab();

export interface Thoroughness {
  killing: Killing;
  /** etcd on a host of its own, which never becomes a node. */
  ownEtcd: boolean;
  /** With steps by which a cluster grows; test/lab/members.test.ts sees them too. */
  grows: boolean;
}

/**
 * Every step of every operation, as the registry has them, on real hosts: what a dry-run says, what an application does, what
 * a second one leaves alone, and what remains of kills in the middle.
 */
export function describeEveryStep({ killing, ownEtcd, grows }: Thoroughness): void {
  describe.skipIf(reason !== undefined)(
    `every step, on real hosts${reason === undefined ? '' : ` (${reason})`}`,
    () => {
      let home: string;
      let file: string;
      let found: string[];
      let drive: Drive;
      const undisturbed = new Map<string, HostState>();

      const begin = async (hosts: Awaited<ReturnType<typeof labUp>>): Promise<void> => {
        await Promise.all(hosts.map(givePast));
        found = await standingOf(labNameOf('w1'));
        file = writeCluster(home, { hosts, ownEtcd });
        drive = await openDrive(initCluster, file, home);
      };
      const stillDiffers = async (): Promise<string[]> =>
        (await drive.preview()).tasks.flatMap((task) =>
          task.lines
            .filter((line) => line.outcome !== 'same')
            .map((line) => `${task.id}: ${line.title}: ${line.state}`),
        );

      beforeAll(async () => {
        home = mkdtempSync(join(tmpdir(), 'kha-steps-'));
        await labDown();
        await begin(await labUp(ownEtcd ? 4 : 3));
      });
      afterAll(async () => {
        await drive?.close();
        await labDown();
        rmSync(home, { recursive: true, force: true });
      });

      it('has a case here, and every kind of effect too', () => {
        const tasks = drive.plan.tasks.filter((task) => !task.skip);
        const steps = new Set(tasks.map((task) => task.step));
        // Other operations are made of the same steps; one that has more of them needs a case here.
        const known = Object.values(operations).flatMap((operation) => operation.steps.map((s) => s.id));
        const cases = [removeNode, addEtcd, removeEtcd].flatMap((operation) => operation.steps.map((s) => s.id));
        // It asks a master for one change of an object, as delete-node does; test/long/members.test.ts sees it.
        const elsewhere = new Set([uncordon.id]);
        // Another way to the API takes more hosts than there are here: test/long/move-load-balancer.test.ts sees it.
        for (const { id } of configureLoadBalancer.steps) elsewhere.add(id);
        // What takes etcd apart and joins it again: test/long/recover.test.ts.
        for (const { id } of recoverCluster.steps) elsewhere.add(id);
        // Certificates that are due: test/lab/maintenance.test.ts.
        for (const { id } of renewCertificates.steps) elsewhere.add(id);
        // New authorities: test/long/rotate-authorities.test.ts.
        for (const { id } of rotateAuthorities.steps) elsewhere.add(id);
        // What takes a host away for a while, and kernels, which a lab host has none of: test/lab/maintenance.test.ts and test/vm.
        for (const { id } of [...reboot.steps, ...kernelUpgrade.steps]) elsewhere.add(id);
        const here = new Set([...steps, ...cases, ...elsewhere]);
        expect(known.filter((id) => !here.has(id))).toEqual([]);
        const kinds = new Set(tasks.flatMap((task) => drive.effectsOf(task).map((effect) => effect.kind)));
        kinds.add(packagesGone().kind);
        expect(allKinds.filter((kind) => !kinds.has(kind))).toEqual([]);
      });

      it('changes what its dry-run said and nothing else, and nothing when it is applied again', async () => {
        const dry = await drive.preview();
        expect(dry.plan.digest).toBe(drive.plan.digest);
        const wrong: string[] = [];
        await walk(drive.plan, async (task) => {
          wrong.push(...(await applyTwice(drive, task)).map((sentence) => `${task.id}: ${sentence}`));
        });
        expect(wrong).toEqual([]);
        await drive.tidy();
        expect(await stillDiffers()).toEqual([]);
        for (const { name } of drive.cluster.hosts) undisturbed.set(name, await twinStateOf(drive, name));
      });

      it('ends the same where it was killed at each of its effects, and its worker with it', {
        timeout: PATIENCE_MS,
      }, async ({ annotate }) => {
        await drive.close();
        const hosts = await renew(Array.from({ length: ownEtcd ? 4 : 3 }, (_, i) => `h${i + 1}`));
        await Promise.all(hosts.map((host) => installSaboteur(host.name)));
        await begin(hosts);
        const killed = new Map<string, Killed>();
        await walk(drive.plan, async (task) => {
          killed.set(task.id, await applyKilled(drive, task, killing, labNameOf));
        });
        await drive.tidy();
        const all = [...killed.values()];
        const [kills, deaths] = [all.flatMap((k) => k.kills).length, all.reduce((sum, k) => sum + k.deaths, 0)];
        await annotate(`${killed.size} tasks: ${kills} jobs killed, ${deaths} workers dead`);

        const wrong = await stillDiffers();
        for (const { name } of drive.cluster.hosts) {
          const state = await twinStateOf(drive, name);
          const other = differences(undisturbed.get(name) ?? new Map(), state, ['undisturbed', 'killed']);
          const left = await onHost(labNameOf(name), `{ ${LEFT}; } 2>/dev/null || :`);
          wrong.push(...[...other, ...left.split('\n').filter(Boolean)].map((sentence) => `${name}: ${sentence}`));
        }
        wrong.push(...spared(drive, killed).map((id) => `${id}: was never killed`));
        expect(wrong).toEqual([]);
      });

      it('leaves a host as it was found, killed at each effect of the way back', {
        timeout: PATIENCE_MS,
      }, async ({ annotate }) => {
        await drive.close();
        drive = await openDrive(removeNode, file, home, ['w1']);
        const host = labNameOf('w1');
        const killed = new Map<string, Killed>();
        await walk(drive.plan, async (task) => {
          killed.set(task.id, await applyKilled(drive, task, killing, labNameOf));
        });
        await drive.tidy();
        await annotate(`${[...killed.values()].flatMap((k) => k.kills).length} jobs killed`);
        const wrong = [...(await stillDiffers()), ...spared(drive, killed).map((id) => `${id}: was never killed`)];
        for (const task of drive.plan.tasks)
          if ((await drive.attempt(task, { issuedAt: Date.now() })).changed) wrong.push(`${task.id}: changed again`);
        const now = await standingOf(host);
        wrong.push(...now.filter((line) => !found.includes(line)).map((line) => `${line}: is left`));
        wrong.push(
          ...found
            .filter((line) => !now.includes(line) && !line.includes('95-kha-proxy'))
            .map((line) => `${line}: is gone`),
        );
        wrong.push(...(await onHost(host, `{ ${LEFT}; } 2>/dev/null || :`)).split('\n').filter(Boolean));
        expect(wrong).toEqual([]);
      });

      /** Walks the plan with kills, save for steps that were killed before; what is wrong then, in sentences. */
      const walkKilled = async (
        annotate: (message: string) => Promise<unknown>,
        before: readonly Step[],
      ): Promise<string[]> => {
        const known = new Set(before.map((s) => s.id));
        const killed = new Map<string, Killed>();
        await walk(drive.plan, async (task) => {
          if (known.has(task.step)) await drive.attempt(task);
          else killed.set(task.id, await applyKilled(drive, task, killing, labNameOf));
        });
        await drive.tidy();
        await annotate(`${[...killed.values()].flatMap((k) => k.kills).length} jobs killed`);
        const wrong = [...(await stillDiffers()), ...spared(drive, killed).map((id) => `${id}: was never killed`)];
        for (const task of drive.plan.tasks)
          if (!task.skip && (await drive.attempt(task, { issuedAt: Date.now() })).changed)
            wrong.push(`${task.id}: changed again`);
        return wrong;
      };

      it.runIf(grows)(
        'adds members of etcd, killed at each effect that the others have not, and takes their role again',
        { timeout: PATIENCE_MS },
        async ({ annotate }) => {
          await drive.close();
          const names = growEtcd(file, ownEtcd);
          drive = await openDrive(addEtcd, file, home, names);
          expect(await walkKilled(annotate, initCluster.steps)).toEqual([]);
          await drive.close();
          // One that is nothing but a member has no other role to keep.
          const nodes = names.filter((name) => drive.cluster.roles.masters.includes(name));
          drive = await openDrive(removeEtcd, file, home, nodes);
          expect(await walkKilled(annotate, [...initCluster.steps, ...addEtcd.steps])).toEqual([]);
        },
      );
    },
  );
}

/** A few minutes on a machine of its own. */
const PATIENCE_MS = 7_200_000;

/** What nobody has cleaned up on a host. */
const LEFT = 'find /var/lib/kha/jobs /run/kha -mindepth 1; find / -xdev -name "*kha-new*"';

/** Tasks that went through undisturbed though they were to be killed: then nothing was shown. What finds all in the store (authorities) does nothing. */
const spared = (drive: Drive, killed: ReadonlyMap<string, Killed>): string[] =>
  drive.plan.tasks.flatMap(({ id }) => {
    const { kills, deaths, calls } = killed.get(id) ?? { kills: [], deaths: 0, calls: 0 };
    return kills.length + deaths > 0 || calls === 0 ? [] : [id];
  });
