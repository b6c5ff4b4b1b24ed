import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import {
  type FollowOptions,
  type Job,
  type JobProgress,
  killJob,
  listJobs,
  removeJobs,
  runJob,
} from '../../src/activities/remote-job.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Connection } from '../../src/cluster/connection.ts';
import { KhaError } from '../../src/cluster/error.ts';
import { sh } from '../../src/formats/sh.ts';
import type { Ssh } from '../../src/ports/ssh.ts';
import { until } from './sshd.ts';

export interface JobTarget {
  /** A new adapter with connections of its own, as another worker has. The caller closes it. */
  open: () => Ssh;
  connection: () => Connection;
  /** Cuts all connections of the host. */
  cut: () => Promise<void>;
  restartSshd: () => Promise<void>;
}

/** What every way to run remote jobs must hold, whether on systemd or without. Called inside a `describe`. */
export function jobContract(target: JobTarget): void {
  const prefix = `kha-test-${randomBytes(4).toString('hex')}.`;
  let count = 0;
  const make = (script: Job['script'], more: Partial<Job> = {}): Job => ({
    id: `${prefix}${++count}`,
    attempt: 1,
    script,
    title: 'a test',
    ...more,
  });
  const follow = (more: Partial<FollowOptions> = {}): FollowOptions => ({
    heartbeat: () => {},
    abort: new AbortController().signal,
    timeoutMs: 60_000,
    clock: systemClock,
    ...more,
  });
  const run = async (job: Job, more: Partial<FollowOptions> = {}) => {
    const ssh = target.open();
    try {
      return await runJob(ssh, target.connection(), job, follow(more));
    } finally {
      await ssh.close();
    }
  };
  /** Output of a short command on the host, by a connection of its own. */
  const look = async (command: Job['script']): Promise<string> => {
    const ssh = target.open();
    try {
      return (await ssh.exec(target.connection(), command)).stdout;
    } finally {
      await ssh.close();
    }
  };
  const failure = async (promise: Promise<unknown>): Promise<KhaError> => {
    const error = await promise.then(
      (value) => value,
      (e: unknown) => e,
    );
    if (!(error instanceof KhaError)) throw new Error(`expected a KhaError, got ${JSON.stringify(error)}`);
    return error;
  };
  /** Counts its runs in a file, then goes on until the file `go` is there. */
  const counting = (name: string) => {
    const file = `/var/tmp/${prefix}${name}`;
    return {
      file,
      script: sh`echo run >>${file}; echo begun; echo problem >&2; until [ -e ${`${file}.go`} ]; do sleep 0.02; done; echo done; exit 7`,
      go: () => look(sh`touch ${`${file}.go`}`),
      runs: async () => (await look(sh`cat ${file}`)).split('\n').filter(Boolean).length,
    };
  };

  afterAll(async () => {
    const ssh = target.open();
    for (const job of await listJobs(ssh, target.connection()))
      if (job.id.startsWith(prefix)) await killJob(ssh, target.connection(), job.id, 100);
    expect(await removeJobs(ssh, target.connection(), prefix)).toEqual({ running: [] });
    const left = await ssh.exec(target.connection(), sh`ls -A /var/lib/kha/jobs /run/kha; rm -f /var/tmp/${prefix}*`);
    expect(left.stdout).not.toContain(prefix);
    await ssh.close();
  });

  test('a result is exit code, both streams, lines and times; asked again, it is the same', async () => {
    const lines: string[] = [];
    const job = make(sh`echo one; echo two >&2; printf three; exit 5`);
    const result = await run(job, { onLine: (line, stream) => lines.push(`${stream} ${line}`) });
    expect(result).toMatchObject({ exitCode: 5, stdout: 'one\nthree', stderr: 'two\n', attached: false });
    expect(lines.sort()).toEqual(['stderr two', 'stdout one', 'stdout three']);
    expect(result.endedAt).toBeGreaterThanOrEqual(result.startedAt);
    expect(result).not.toHaveProperty('restarted');
    expect(await run(job)).toEqual({ ...result, attached: true });
  });

  test('runs as root, in /, with a usual environment and nothing to read', async () => {
    const { stdout } = await run(
      make(sh`id -u; pwd; umask; echo $HOME; cat; command -v ip modprobe >/dev/null || command -v mount`),
    );
    expect(stdout.split('\n').slice(0, 4)).toEqual(['0', '/', '0022', '/root']);
    expect((await run(make(sh`yes | head -1; exit 0`))).stdout).toBe('y\n');
  });

  test('a connection cut in the middle neither ends nor repeats it, and no line is lost or doubled', async () => {
    const { file, script, go, runs } = counting('cut');
    const lines: string[] = [];
    const running = run(make(script), { onLine: (line) => lines.push(line) });
    await until('it runs', () => lines.includes('begun'));
    await target.cut();
    await go();
    expect(await running).toMatchObject({ exitCode: 7, stdout: 'begun\ndone\n', stderr: 'problem\n' });
    expect(lines.sort()).toEqual(['begun', 'done', 'problem']);
    expect(await runs(), file).toBe(1);
  });

  test('a restarted sshd does neither', async () => {
    const { script, go, runs } = counting('restart');
    const lines: string[] = [];
    const running = run(make(script), { onLine: (line) => lines.push(line) });
    await until('it runs', () => lines.includes('begun'));
    await target.restartSshd();
    await go();
    const result = await running;
    expect(result).toMatchObject({ exitCode: 7, stdout: 'begun\ndone\n' });
    expect(result).not.toHaveProperty('restarted');
    expect(await runs()).toBe(1);
  });

  test('lines are whole and in order through many cuts', async () => {
    const lines: string[] = [];
    const running = run(
      make(
        sh`i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo "line $i of many"; [ $((i % 10)) -ne 0 ] || sleep 0.01; done`,
      ),
      {
        onLine: (line) => lines.push(line),
      },
    );
    for (let k = 1; k <= 3; k++) {
      await until('it goes on', () => lines.length > k * 500, 30_000);
      await target.cut();
    }
    expect((await running).exitCode).toBe(0);
    expect(lines).toEqual(Array.from({ length: 3000 }, (_, i) => `line ${i + 1} of many`));
  });

  test('another worker attaches, passes on only what is new, and returns all of it', async () => {
    const { script, go, runs } = counting('second');
    const job = make(script);
    let progress: JobProgress | undefined;
    const abort = new AbortController();
    const dying = run(job, {
      abort: abort.signal,
      heartbeat: (details) => {
        progress = details;
      },
    });
    await until('the first has reported', () => (progress?.stdout ?? 0) > 0 && (progress?.stderr ?? 0) > 0);
    abort.abort(new Error('the worker dies'));
    await expect(dying).rejects.toThrow('the worker dies');
    const lines: string[] = [];
    const second = run(
      { ...job, attempt: 2 },
      { ...(progress ? { from: progress } : {}), onLine: (line) => lines.push(line) },
    );
    await until(
      'the second has taken over',
      async () => (await look(sh`sed -n 3p /var/lib/kha/jobs/${job.id}/job`)) === '2\n',
    );
    await go();
    expect(await second).toMatchObject({ exitCode: 7, stdout: 'begun\ndone\n', stderr: 'problem\n', attached: true });
    expect(lines).toEqual(['done']);
    expect(await runs()).toBe(1);
  });

  test('started twice at once it runs once, and both get the result', async () => {
    const { script, go, runs } = counting('twice');
    const job = make(script);
    const both = Promise.all([run(job), run(job), run(job)]);
    await until('it runs', async () => (await look(sh`ls /var/tmp`)).includes(`${prefix}twice`));
    await go();
    const results = await both;
    expect(results.map((r) => r.exitCode)).toEqual([7, 7, 7]);
    expect(results.filter((r) => !r.attached)).toHaveLength(1);
    expect(await runs()).toBe(1);
  });

  test('a caller with a lower attempt is refused for good', async () => {
    const { script, go } = counting('zombie');
    const job = make(script, { attempt: 3 });
    const running = run(job);
    await until('it runs', async () => (await look(sh`ls /var/tmp`)).includes(`${prefix}zombie`));
    expect(await failure(run({ ...job, attempt: 2 }))).toMatchObject({ code: 'KHA3020', final: true });
    await go();
    await running;
    expect(await failure(run({ ...job, attempt: 2 }))).toMatchObject({ code: 'KHA3020', final: true });
  });

  test('success is not repeated by a later attempt; failure is, and the last failed one is kept aside', async () => {
    const file = `/var/tmp/${prefix}tries`;
    const job = make(sh`echo run >>${file}; [ $(wc -l <${file}) -ge 3 ]`);
    const attempts = [];
    for (const attempt of [1, 1, 2, 3, 4]) attempts.push(await run({ ...job, attempt }));
    expect(attempts.map((r) => [r.exitCode, r.attached])).toEqual([
      [1, false],
      [1, true],
      [1, false],
      [0, false],
      [0, true],
    ]);
    expect((await look(sh`cd /var/lib/kha/jobs; ls -d ${job.id}*`)).split('\n').filter(Boolean)).toEqual([
      job.id,
      `${job.id}~2`,
    ]);
  });

  test('a finished job of another round counts for nothing, a running one is waited for', async () => {
    const { script, go, runs } = counting('round');
    const job = make(script, { round: 'a' });
    const first = run(job);
    await until('it runs', async () => (await look(sh`ls /var/tmp`)).includes(`${prefix}round`));
    const second = run({ ...job, round: 'b', attempt: 2, script: sh`echo other` });
    await go();
    expect(await first).toMatchObject({ exitCode: 7 });
    expect(await second).toMatchObject({ exitCode: 0, stdout: 'other\n', attached: false });
    expect(await run({ ...job, round: 'c', attempt: 3, script: sh`echo third` })).toMatchObject({
      stdout: 'third\n',
      attached: false,
    });
    expect(await runs()).toBe(1);
  });

  test('secrets are files in memory that only root reads, never arguments, and go when the job ends', async () => {
    const secret = `s'e"c$ret\\${randomBytes(4).toString('hex')}\nsecond line`;
    const job = make(
      sh`stat -c '%a %u' "$KHA_SECRETS" "$KHA_SECRETS/pw"; echo "$KHA_SECRETS"; cat "$KHA_SECRETS/pw"; ps -eo args >&2; exit 1`,
      {
        secrets: { pw: secret },
      },
    );
    const result = await run(job);
    const [folder, file, path = '', ...content] = result.stdout.split('\n');
    expect([folder, file]).toEqual(['700 0', '600 0']);
    expect(content.join('\n')).toBe(secret);
    expect(result.stderr).toContain('ps -eo args');
    expect(result.stderr).not.toContain(secret.split('\n')[0]);
    // What the script itself has printed is in stdout, and nowhere else.
    expect(await look(sh`grep -rlF ${secret.split('\n')[0] ?? ''} /var/lib/kha/jobs /run/kha; true`)).toBe(
      `/var/lib/kha/jobs/${job.id}/stdout\n`,
    );
    expect(await look(sh`if [ -e ${path} ]; then echo left; fi`)).toBe('');
  });

  test('an end asked for is an end: signal, secrets gone, a result', async () => {
    const { script } = counting('kill');
    const job = make(sh`trap '' TERM; ${script}`, { secrets: { pw: 'x' } });
    const running = run(job);
    await until('it runs', async () => (await look(sh`ls /var/tmp`)).includes(`${prefix}kill`));
    const ssh = target.open();
    expect(await listJobs(ssh, target.connection())).toContainEqual(
      expect.objectContaining({ id: job.id, state: 'running', attempt: 1, title: 'a test' }),
    );
    expect(await removeJobs(ssh, target.connection(), job.id)).toEqual({ running: [job.id] });
    expect(await killJob(ssh, target.connection(), job.id, 300)).toBe(true);
    expect(await killJob(ssh, target.connection(), job.id, 300)).toBe(false);
    expect((await running).exitCode).toBeGreaterThan(128);
    expect((await ssh.exec(target.connection(), sh`ls /run/kha`)).stdout).not.toContain(job.id);
    await ssh.close();
  });

  test('one that vanished without a result is run again, and says so', async () => {
    const file = `/var/tmp/${prefix}vanish`;
    // The first run kills its own wrapper, whose pid is in `started`, and then itself.
    const job = make(sh`echo run >>${file}
if [ $(wc -l <${file}) -eq 1 ]; then read -r at pid </var/lib/kha/jobs/$KHA_JOB/started; kill -9 "$pid"; kill -9 $$; fi
echo survived`);
    expect(await run(job)).toMatchObject({ exitCode: 0, stdout: 'survived\n', restarted: 'job vanished' });
    expect(await run(job)).toMatchObject({ exitCode: 0, attached: true, restarted: 'job vanished' });
  });

  test.each(['', '                    '])(
    'a result without an exit code, "%s", counts as none: it is run again',
    async (left) => {
      const job = make(sh`echo once`);
      await run(job);
      await look(sh`printf %s ${left} >/var/lib/kha/jobs/${job.id}/exit`);
      const ssh = target.open();
      expect((await listJobs(ssh, target.connection())).find(({ id }) => id === job.id)?.state).toBe('lost');
      await ssh.close();
      expect(await run(job)).toMatchObject({
        exitCode: 0,
        stdout: 'once\n',
        attached: false,
        restarted: 'job vanished',
      });
    },
  );

  test('one that vanishes each time ends with an error', async () => {
    const job = make(sh`read -r at pid </var/lib/kha/jobs/$KHA_JOB/started; kill -9 "$pid"; kill -9 $$`);
    expect(await failure(run(job))).toMatchObject({ code: 'KHA3023' });
  });

  test('a start that died half way is completed by the next caller', async () => {
    const job = make(sh`echo late`);
    // What a starter leaves that dies before the launch: a built folder, or only a part of one beside.
    await look(sh`umask 077; mkdir -p /var/lib/kha/jobs/.new~${job.id} /var/lib/kha/jobs/${job.id} /run/kha/${job.id}~dead
cd /var/lib/kha/jobs/${job.id}; read -r boot </proc/sys/kernel/random/boot_id
printf '%s\n' dead '' 1 "$boot" '' >job; echo 'echo stale' >script; : >stdout; : >stderr`);
    const result = await run(job);
    expect(result).toMatchObject({ exitCode: 0, stdout: 'late\n', attached: false });
    expect(result).not.toHaveProperty('restarted');
  });

  test('of too much output the beginning and the end are kept', async () => {
    const result = await run(make(sh`echo first; head -c 30000000 /dev/zero | tr '\\0' x; echo; echo last`), {
      maxBytes: 100,
    });
    expect(result.stdout).toMatch(/^x+\nlast\n$/);
    expect(result.stdout).toHaveLength(100);
    const kept = await look(
      sh`cd /var/lib/kha/jobs/${`${prefix}${count}`}; head -n 1 stdout; grep -c 'too much output' stdout; wc -c <stdout`,
    );
    const [first, notes, size] = kept.split('\n');
    expect([first, notes]).toEqual(['first', '1']);
    expect(Number(size)).toBeGreaterThan(10 << 20);
    expect(Number(size)).toBeLessThan((10 << 20) + 1000);
  });

  test('what a script leaves in the background does not hold it up', async () => {
    const began = performance.now();
    const result = await run(make(sh`sleep 30 & echo $!`));
    expect(result.exitCode).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    await look(sh`kill ${result.stdout.trim()} 2>/dev/null; true`);
  });

  test('when time is up the job goes on, and the next caller attaches', async () => {
    const { script, go } = counting('slow');
    const job = make(script);
    expect(await failure(run(job, { timeoutMs: 700 }))).toMatchObject({ code: 'KHA3022', final: false });
    const again = run(job);
    await go();
    expect(await again).toMatchObject({ exitCode: 7, attached: true });
  });

  test('names that could leave the folder are refused', async () => {
    for (const id of ['', '../x', 'a/b', 'a b', '-a', 'a*', 'a~1', 'x'.repeat(151)])
      expect(await failure(run({ ...make(sh`true`), id }))).toMatchObject({ code: 'KHA3024' });
  });
}
