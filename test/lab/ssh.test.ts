import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type LabHost,
  labDown,
  labHosts,
  labStatus,
  labUp,
  passwordFile,
  power,
  privateKeyFile,
  renew,
  sshExec,
} from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { type JobProgress, runJob } from '../../src/activities/remote-job.ts';
import { lockedFile } from '../../src/adapters/locked-file.ts';
import { createSsh } from '../../src/adapters/ssh2/create-ssh.ts';
import { knownHostsIn } from '../../src/adapters/ssh2/confirmed-keys.ts';
import { secretResolver } from '../../src/adapters/ssh2/secret-ref.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Connection } from '../../src/cluster/connection.ts';
import { KhaError } from '../../src/cluster/error.ts';
import { sh } from '../../src/formats/sh.ts';
import type { Ssh } from '../../src/ports/ssh.ts';
import { jobContract } from '../contracts/remote-job.contract.ts';
import { until } from '../contracts/sshd.ts';

const reason = whyNoLab();

/** A host that nobody else uses: one that is off, or one more. */
async function ownHost(): Promise<LabHost> {
  const off = labStatus().find((host) => !host.on && host.name !== 'mirror');
  if (off) await power(off.name, 'on');
  const hosts = off ? labHosts() : await labUp(labHosts().length + 1, { mirror: false });
  const host = off ? hosts.find((h) => h.name === off.name) : hosts.at(-1);
  if (!host) throw new Error('the lab has no host');
  return host;
}

describe.skipIf(reason !== undefined)(`ssh2 against a real host${reason === undefined ? '' : ` (${reason})`}`, () => {
  let host: LabHost;
  let dir: string;
  const opened: Ssh[] = [];

  const open = (): Ssh => {
    const ssh = createSsh({
      knownHosts: knownHostsIn(lockedFile(join(dir, 'known_hosts'))),
      clock: systemClock,
      resolveSecret: secretResolver(async (name) => (name === 'wrong' ? 'not the password' : undefined)),
      keepaliveMs: 1000,
      connectTimeoutMs: 5000,
    });
    opened.push(ssh);
    return ssh;
  };
  const to = (user: string, more: Partial<Connection> = {}): Connection => ({
    name: host.name,
    address: host.address,
    port: 22,
    user,
    keyFile: privateKeyFile,
    agent: false,
    sudo: {},
    hostKeys: [host.hostKey],
    jump: [],
    ...more,
  });
  const password = { file: passwordFile };
  const pat = () => to('pat', { sudo: { password } });
  const onHost = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await sshExec(host.name, command);
    expect(code, stderr).toBe(0);
    return stdout;
  };
  /** Where root's are cut, the one that cuts goes too. */
  const cutSessionsOf = async (user: string): Promise<void> => {
    await sshExec(host.name, `kill -9 $(pgrep -f '^sshd: ${user}') 2>/dev/null`);
  };
  const failure = async (promise: Promise<unknown>): Promise<KhaError> => {
    const error = await promise.then(
      (value) => value,
      (e: unknown) => e,
    );
    if (!(error instanceof KhaError)) throw new Error(`expected a KhaError, got ${JSON.stringify(error)}`);
    return error;
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kha-lab-ssh-'));
    host = await ownHost();
  });
  afterAll(async () => {
    await Promise.all(opened.map((ssh) => ssh.close()));
    rmSync(dir, { recursive: true, force: true });
    if (!host) return;
    // Hosts of somebody else stay up.
    if (labStatus().some((h) => h.on && h.name !== host.name)) await power(host.name, 'off');
    else await labDown();
  });

  describe('sudo', () => {
    test.each(['root', 'ops', 'pat'])('%s is root by default, and stays itself where that is wanted', async (user) => {
      const ssh = open();
      const target = user === 'pat' ? pat() : to(user);
      expect((await ssh.exec(target, sh`id -un`)).stdout).toBe('root\n');
      expect((await ssh.exec(target, sh`id -un`, { root: false })).stdout).toBe(`${user}\n`);
    });

    test.each([
      ['that is not needed', () => to('ops', { sudo: { password } })],
      ['that is needed', pat],
    ])('a password %s is no part of the input', async (_, target) => {
      const input = randomBytes(50 << 20);
      const result = await open().exec(target(), sh`sha256sum; ps -eo args`, { stdin: input });
      expect(result.stdout).toContain(createHash('sha256').update(input).digest('hex'));
      expect(result.stdout + result.stderr).not.toContain(readFileSync(passwordFile, 'utf8').trim());
      expect(result.stderr).toBe('');
    });

    test('refusals say what to do, and a wrong password is tried once', async () => {
      const ssh = open();
      const none = await failure(ssh.exec(to('pat'), sh`true`));
      expect(none).toMatchObject({ code: 'KHA3010', blame: 'host' });
      expect(none.hint).toContain('sudo password');
      const wrong = await failure(ssh.exec(to('pat', { sudo: { password: { secret: 'wrong' } } }), sh`true`));
      expect(wrong).toMatchObject({ code: 'KHA3010', message: expect.stringContaining('refuses the password') });
      expect(wrong.message + wrong.hint + wrong.lastLines.join()).not.toContain('not the password');
      await until('sudo has written its log', async () =>
        (await onHost('journalctl _COMM=sudo --no-pager')).includes('incorrect password attempt'),
      );
      expect(await onHost('journalctl _COMM=sudo --no-pager')).not.toMatch(/[2-9] incorrect password attempts/);
    });

    test('a login by password, and one that is refused', async () => {
      const { keyFile: _, ...target } = to('pat', { password, sudo: { password } });
      const ssh = open();
      expect((await ssh.exec(target, sh`id -un`)).stdout).toBe('root\n');
      expect(await failure(ssh.exec({ ...target, password: { secret: 'wrong' } }, sh`true`))).toMatchObject({
        code: 'KHA3004',
      });
    });
  });

  for (const user of ['root', 'ops', 'pat'])
    describe(`remote jobs with systemd, as ${user}`, () => {
      const target = () => (user === 'pat' ? pat() : to(user));
      jobContract({
        open,
        connection: target,
        cut: () => cutSessionsOf(user),
        restartSshd: async () => {
          await onHost('systemctl restart ssh');
          await cutSessionsOf(user);
        },
      });

      test('a job is a unit of its own, and none is left', async () => {
        const id = `kha-unit-${user}`;
        const options = {
          heartbeat: () => {},
          abort: new AbortController().signal,
          timeoutMs: 60_000,
          clock: systemClock,
        };
        const result = await runJob(
          open(),
          target(),
          { id, attempt: Date.now(), title: 'a unit', script: sh`cat /proc/self/cgroup` },
          options,
        );
        expect(result.stdout).toContain(`kha-job-${id}.`);
        await until(
          'the unit is gone',
          async () => !(await onHost("systemctl list-units --all --no-legend 'kha-job-*'")).includes(id),
        );
      });
    });

  test('a job that fills the disk of its host still tells how it ended', async () => {
    const [full] = await renew([host.name], () => ({ diskMiB: 300 }));
    if (!full) throw new Error(`the lab has no host ${host.name} any more`);
    host = full;
    const result = await runJob(
      open(),
      to('root'),
      {
        id: 'kha-full',
        attempt: 1,
        title: 'fills the disk',
        script: sh`cat /dev/zero >/var/filler; echo lost; exit 7`,
      },
      { heartbeat: () => {}, abort: new AbortController().signal, timeoutMs: 60_000, clock: systemClock },
    );
    expect(result).toMatchObject({ exitCode: 7, attached: false });
    expect(Number(await onHost('df --output=avail /var | tail -n 1; rm /var/filler'))).toBeLessThan(256);
  });

  describe('a host that goes down in the middle', () => {
    test.each([
      ['by a reset', () => power(host.name, 'reset')],
      // Its connection may be cut before it has ended.
      ['by a reboot', () => sshExec(host.name, 'systemctl reboot')],
    ])('%s: the job is started again, and says so', async (how, down) => {
      const id = `kha-down-${how.replaceAll(' ', '-')}`;
      const file = `/var/tmp/${id}.${Date.now()}`;
      let progress: JobProgress | undefined;
      const lines: string[] = [];
      const running = runJob(
        open(),
        to('ops'),
        {
          id,
          attempt: Date.now(),
          title: 'survives its host',
          secrets: { pw: 'x' },
          script: sh`echo run >>${file}; sync; echo begun; test -s "$KHA_SECRETS/pw" || exit 9
[ $(wc -l <${file}) -gt 1 ] || sleep 600
echo after`,
        },
        {
          heartbeat: (details) => {
            progress = details;
          },
          abort: new AbortController().signal,
          timeoutMs: 120_000,
          clock: systemClock,
          onLine: (line) => lines.push(line),
        },
      );
      await until('it runs', () => lines.includes('begun') && progress !== undefined);
      await down();
      expect(await running).toMatchObject({
        exitCode: 0,
        stdout: 'begun\nafter\n',
        restarted: 'host rebooted',
      });
      expect(await onHost(`cat ${file}; ls /run/kha`)).toBe('run\nrun\n');
    });
  });
});
