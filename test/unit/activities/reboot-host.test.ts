import { describe, expect, it } from 'vitest';
import { rebootHost } from '../../../src/activities/reboot-host.ts';
import type { Session } from '../../../src/activities/session.ts';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { assumedFacts } from '../../../src/cluster/assumed-facts.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { KhaError } from '../../../src/cluster/error.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const cluster = await clusterFrom('{name: t, hosts: {w1: 10.0.0.4}, timeouts: {rebootMinutes: 2}}');
const [OLD, NEW] = ['6.1.0-47', '6.1.0-56'];

interface Machine {
  /** How long it is away for a reboot, s; it goes down two seconds after it was asked. */
  awaySeconds?: number;
  /** The kernel that it comes back with. */
  comesWith?: string;
  /** What was asked before, as it stands on the host. */
  stamp?: string;
  bootId?: string;
  kernel?: string;
}

/** A machine in a time of its own. */
function machine({ awaySeconds = 30, comesWith = NEW, stamp = '', bootId = 'boot-1', kernel = OLD }: Machine = {}) {
  let now = 0;
  let boot = { id: bootId, kernel };
  let stamped = stamp;
  let [down, up] = [Infinity, Infinity];
  let reboots = 0;
  const tick = (ms: number): void => {
    now += ms;
    if (now < up) return;
    boot = { id: `boot-${++reboots + 1}`, kernel: comesWith };
    [down, up] = [Infinity, Infinity];
  };
  const silent = (): KhaError => new KhaError('it does not answer', { code: 'KHA3002', blame: 'host' });
  const exec = async () => {
    tick(100);
    if (now >= down) throw silent();
    return { exitCode: 0, stdout: `${boot.id}\n${boot.kernel}\n${stamped}`, stderr: '', startedAt: now, endedAt: now };
  };
  const asked: string[] = [];
  const session: Session = {
    host: hostNamed(cluster, 'w1'),
    look: () => Promise.reject(new Error('nothing is looked at in its name')),
    read: () => Promise.reject(new Error('nothing is read in its name')),
    isRunning: async () => false,
    job: async (title, { text }) => {
      if (now >= down) throw silent();
      asked.push(title);
      const [, before] = /boot_id\)" = (\S+) \]/.exec(text) ?? [];
      const [, mine = ''] = /echo '([^']+)' >/.exec(text) ?? [];
      if (before === boot.id && down === Infinity) {
        stamped = mine;
        [down, up] = [now + 2000, now + 2000 + awaySeconds * 1000];
      }
      return { exitCode: 0, stdout: '', stderr: '', startedAt: now, endedAt: now, attached: false };
    },
  };
  const scope = {
    ports: { clock: { now: () => now, sleep: async (ms: number) => tick(ms) }, ssh: () => ({ exec }) },
    cluster,
    facts: assumedFacts(cluster),
    session: () => session,
    abort: new AbortController().signal,
  } as unknown as TaskScope;
  const facts = scope.facts['w1'];
  if (facts) facts.bootId = 'boot-1';
  const reboot = (round = 1, wanted: Parameters<typeof rebootHost>[3] = {}, run = 'run-a') =>
    rebootHost(scope, 'w1', { run, issuedAt: round }, wanted);
  return { reboot, asked, reboots: () => reboots, pass: tick, stamp: () => stamped };
}

describe('a reboot', () => {
  it('is over when there is another boot id, though the host answers for a while yet', async () => {
    const m = machine();
    expect(await m.reboot()).toEqual({ changed: true, detail: `is back with another boot id, runs ${NEW}` });
    expect(m.reboots()).toBe(1);
    expect(m.stamp()).toBe('run-a 1 boot-1');
  });

  it('is asked for once: a worker that comes after a dead one waits for the same', async () => {
    for (const seconds of [0, 1, 10, 60]) {
      const m = machine();
      await m.reboot();
      m.pass(seconds * 1000);
      expect(await m.reboot()).toMatchObject({ changed: true });
      expect(m.reboots()).toBe(1);
    }
  });

  it('and one that comes while the host is away, or about to go', async () => {
    for (const seconds of [1, 5]) {
      const m = machine({ awaySeconds: 60 });
      const dead = m.reboot();
      m.pass(seconds * 1000);
      expect(await m.reboot()).toMatchObject({ changed: true });
      await dead.catch(() => undefined);
      expect(m.reboots()).toBe(1);
    }
  });

  it('by somebody else meanwhile is as good', async () => {
    const m = machine({ bootId: 'boot-x' });
    expect(await m.reboot()).toEqual({ changed: false, detail: `was rebooted meanwhile, runs ${OLD}` });
    expect(m.asked).toEqual([]);
  });

  it('of a run before this one counts for nothing', async () => {
    const m = machine({ stamp: 'run-z 1 boot-0' });
    expect(await m.reboot()).toMatchObject({ changed: true });
    expect(m.reboots()).toBe(1);
  });

  it('that does not come back in its time is told, and a retry finds it back', async () => {
    const m = machine({ awaySeconds: 150 });
    await expect(m.reboot()).rejects.toMatchObject({ code: 'KHA3332', final: true });
    expect(await m.reboot(2)).toMatchObject({ changed: true });
    expect(m.reboots()).toBe(1);
  });
});

describe('a reboot into a kernel', () => {
  const wanted = { kernel: NEW };

  it('is not needed where it runs', async () => {
    const m = machine({ kernel: NEW });
    expect(await m.reboot(1, wanted)).toMatchObject({ changed: false });
    expect(m.asked).toEqual([]);
  });

  it('is no success with the old one; a retry goes once more, the same round does not', async () => {
    const m = machine({ comesWith: OLD });
    const old = { code: 'KHA3333', message: `w1 is back with ${OLD}, not with ${NEW}`, final: true };
    await expect(m.reboot(1, wanted)).rejects.toMatchObject(old);
    await expect(m.reboot(1, wanted)).rejects.toMatchObject(old);
    expect(m.reboots()).toBe(1);
    await expect(m.reboot(2, wanted)).rejects.toMatchObject(old);
    expect(m.reboots()).toBe(2);
  });

  it('does not begin where the boot loader would boot another', async () => {
    const m = machine();
    const demand = () => Promise.reject(new KhaError('another', { code: 'KHA3335', blame: 'host' }));
    await expect(m.reboot(1, { ...wanted, demand })).rejects.toMatchObject({ code: 'KHA3335' });
    expect(m.asked).toEqual([]);
  });
});
