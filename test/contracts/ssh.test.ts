import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setMaxListeners } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { upload } from '../../src/activities/upload.ts';
import { lockedFile } from '../../src/adapters/locked-file.ts';
import { createSsh, type SshOptions } from '../../src/adapters/ssh2/create-ssh.ts';
import { enrol } from '../../src/adapters/ssh2/enrol.ts';
import { type KnownHosts, knownHostsIn } from '../../src/adapters/ssh2/confirmed-keys.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Connection } from '../../src/cluster/connection.ts';
import { KhaError } from '../../src/cluster/error.ts';
import { sh } from '../../src/formats/sh.ts';
import type { Ssh } from '../../src/ports/ssh.ts';
import { jobContract } from './remote-job.contract.ts';
import { freePort } from './free-port.ts';
import { connectionTo, makeKey, type Sshd, sshdMissing, startSshd, until } from './sshd.ts';

const missing = sshdMissing();

test('this machine has what the tests of SSH need', () => {
  expect(missing).toBeUndefined();
});

describe.skipIf(missing !== undefined)('ssh2 against a real sshd', () => {
  let dir: string;
  let keyFile: string;
  let publicKey: string;
  let sshd: Sshd;
  let ssh: Ssh;
  let knownHosts: KnownHosts;
  const opened: Ssh[] = [];

  const open = (more: Partial<SshOptions> = {}): Ssh => {
    const made = createSsh({
      knownHosts,
      clock: systemClock,
      resolveSecret: async (ref) => ('secret' in ref ? ref.secret : ''),
      ...more,
    });
    opened.push(made);
    return made;
  };
  const failure = async (promise: Promise<unknown>): Promise<KhaError> => {
    const error = await promise.then(
      () => undefined,
      (e: unknown) => e,
    );
    if (!(error instanceof KhaError)) throw new Error(`expected a KhaError, got ${String(error)}`);
    expect(error.hint).toBeTruthy();
    return error;
  };
  const to = (more: Partial<Connection> = {}): Connection => connectionTo(sshd, keyFile, more);

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kha-ssh-'));
    keyFile = join(dir, 'id');
    publicKey = makeKey(keyFile);
    sshd = await startSshd(join(dir, 'sshd'), [publicKey]);
    knownHosts = knownHostsIn(lockedFile(join(dir, 'known_hosts')));
    ssh = open();
  });
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()));
    await sshd?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  describe('commands', () => {
    test('streams, exit code, quoting and times', async () => {
      const lines: string[] = [];
      const word = `it's "$HOME" \\n %s !\n\tend`;
      const result = await ssh.exec(to(), sh`printf '%s\n' ${word}; printf tail; echo err >&2; exit 3`, {
        onLine: (line) => lines.push(line),
      });
      expect(result).toMatchObject({ exitCode: 3, stdout: `${word}\ntail`, stderr: 'err\n' });
      expect(lines).toEqual([...word.split('\n'), 'tail']);
      expect(result.endedAt).toBeGreaterThanOrEqual(result.startedAt);
    });

    test.each([
      '',
      '# only a comment',
      'false',
      'exit 0; exit 1',
      'cat <<EOF\nhere $((1 + 1))\nEOF',
      'if true\nthen echo a\\\\b\nfi',
    ])('runs %j with and without input alike', async (script) => {
      const command = sh`${{ ...sh``, text: script }}`;
      const [plain, fed] = await Promise.all([ssh.exec(to(), command), ssh.exec(to(), command, { stdin: '' })]);
      const local = (() => {
        try {
          return { exitCode: 0, stdout: execFileSync('sh', ['-c', script], { encoding: 'utf8' }) };
        } catch (error) {
          return { exitCode: (error as { status: number }).status, stdout: '' };
        }
      })();
      expect(plain).toMatchObject(local);
      expect(fed).toMatchObject(local);
    });

    test('nothing of a script is visible in the process list', async () => {
      const word = `canary${randomBytes(4).toString('hex')}`;
      const { stdout } = await ssh.exec(to(), sh`: ${word}; ps -eo args`);
      expect(stdout).not.toContain(word);
      expect(stdout).toContain('ps -eo args');
      const fed = await ssh.exec(to(), sh`: ${word}; cat >/dev/null; ps -eo args`, { stdin: word });
      expect(fed.stdout).not.toContain(word);
    });

    test('a signal is no exit code', async () => {
      expect((await ssh.exec(to(), sh`kill -9 $$`)).exitCode).toBeNull();
    });

    test('50 MiB of input arrive whole', async () => {
      const input = randomBytes(50 << 20);
      const { stdout } = await ssh.exec(to(), sh`sha256sum`, { stdin: input });
      expect(stdout).toContain(createHash('sha256').update(input).digest('hex'));
    });

    test('a command that does not read its input ends well', async () => {
      expect(await ssh.exec(to(), sh`exit 4`, { stdin: randomBytes(8 << 20) })).toMatchObject({ exitCode: 4 });
    });

    test('of 64 MiB of output both ends are kept, and every byte is counted', async () => {
      let bytes = 0;
      const result = await ssh.exec(to(), sh`echo first; head -c 67108864 /dev/zero | tr '\\0' x; echo; echo last`, {
        maxBytes: 1000,
        onData: (_stream, chunk) => {
          bytes += chunk.length;
        },
      });
      expect(bytes).toBe(67108864 + 12);
      expect(result.stdout).toMatch(/^first\nx+\n\[… \d+ bytes dropped …\]\nx+\nlast\n$/);
      expect(result.stdout.length).toBeLessThan(1100);
    });

    test('30 at once share one connection and stay below the limit of sessions', async () => {
      const before = sshd.connections().length;
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, i) => ssh.exec(to(), sh`sleep 0.05; echo ${i}`)),
      );
      expect(results.map((r) => r.stdout)).toEqual(Array.from({ length: 30 }, (_, i) => `${i}\n`));
      expect(sshd.connections().length).toBe(before);
    });

    test('a timeout ends the wait, and the connection stays usable', async () => {
      const error = await failure(ssh.exec(to(), sh`echo begun; sleep 30`, { timeoutMs: 300 }));
      expect(error).toMatchObject({ code: 'KHA3009', blame: 'host', lastLines: ['begun'] });
      expect((await ssh.exec(to(), sh`echo on`)).stdout).toBe('on\n');
    });

    test('an abort ends the wait with its reason, also in the queue', async () => {
      const abort = new AbortController();
      setMaxListeners(0, abort.signal);
      const reason = new Error('cancelled by the operator');
      const running = Array.from({ length: 10 }, () => ssh.exec(to(), sh`sleep 30`, { abort: abort.signal }));
      const settled = Promise.allSettled(running);
      await ssh.exec(to(), sh`true`, { abort: AbortSignal.timeout(200) }).catch(() => {});
      abort.abort(reason);
      expect(await settled).toEqual(running.map(() => ({ status: 'rejected', reason })));
      expect((await ssh.exec(to(), sh`echo on`)).stdout).toBe('on\n');
    });
  });

  describe('connection', () => {
    test('cut in the middle: KHA3008, and the next command connects anew', async () => {
      const own = open();
      let begun = false;
      const running = failure(
        own.exec(to(), sh`echo begun; sleep 30`, {
          onLine: () => {
            begun = true;
          },
        }),
      );
      await until('the command runs', () => begun);
      sshd.cutConnections();
      expect(await running).toMatchObject({ code: 'KHA3008', blame: 'host', final: false });
      expect((await own.exec(to(), sh`echo on`)).stdout).toBe('on\n');
    });

    test('lost while idle: the next command does not notice', async () => {
      const own = open();
      await own.exec(to(), sh`true`);
      sshd.cutConnections();
      expect((await own.exec(to(), sh`echo on`)).stdout).toBe('on\n');
    });

    test('is closed when idle, and opened again at need', async () => {
      const own = open({ idleMs: 50 });
      const before = sshd.connections().length;
      await own.exec(to(), sh`true`);
      await until('the idle connection is closed', () => sshd.connections().length <= before);
      expect((await own.exec(to(), sh`echo on`)).stdout).toBe('on\n');
    });

    test('a server that allows fewer sessions is lived with', async () => {
      const narrow = await startSshd(join(dir, 'narrow'), [publicKey], ['MaxSessions 2']);
      try {
        const target = connectionTo(narrow, keyFile);
        const results = await Promise.all(
          Array.from({ length: 12 }, (_, i) => ssh.exec(target, sh`sleep 0.02; echo ${i}`)),
        );
        expect(results.map((r) => r.exitCode)).toEqual(results.map(() => 0));
        expect(narrow.connections().length).toBe(1);
      } finally {
        await narrow.stop();
      }
    });

    test('refused, no answer, no route and no name are told apart', async () => {
      const port = await freePort();
      expect(await failure(ssh.exec(to({ port }), sh`true`))).toMatchObject({ code: 'KHA3002', where: 'm1' });
      expect(await failure(ssh.exec(to({ address: 'kha.invalid' }), sh`true`))).toMatchObject({ code: 'KHA3001' });
      const deaf = createServer(() => {});
      await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
      try {
        const address = deaf.address() as { port: number };
        const own = open({ connectTimeoutMs: 300 });
        expect(await failure(own.exec(to({ port: address.port }), sh`true`))).toMatchObject({ code: 'KHA3003' });
      } finally {
        deaf.close();
      }
    });
  });

  describe('login', () => {
    test('with a key that has a passphrase', async () => {
      const locked = join(dir, 'locked');
      const pub = makeKey(locked, 'open sesame');
      writeFileSync(join(dir, 'sshd', 'authorized_keys'), `${publicKey}\n${pub}\n`);
      const target = to({ keyFile: locked, passphrase: { secret: 'open sesame' } });
      expect((await ssh.exec(target, sh`echo in`)).stdout).toBe('in\n');
      expect(await failure(ssh.exec(to({ keyFile: locked }), sh`true`))).toMatchObject({
        code: 'KHA3012',
        blame: 'configuration',
      });
      expect(await failure(ssh.exec({ ...target, passphrase: { secret: 'wrong' } }, sh`true`))).toMatchObject({
        code: 'KHA3012',
      });
    });

    test('with an agent', async () => {
      const socket = join(dir, 'agent');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      try {
        await until('the agent listens', () => statSync(socket, { throwIfNoEntry: false }) !== undefined);
        execFileSync('ssh-add', ['-q', keyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
        const { keyFile: _, ...target } = to({ agent: true });
        const own = open({ env: { SSH_AUTH_SOCK: socket } });
        expect((await own.exec(target, sh`echo in`)).stdout).toBe('in\n');
        expect(await failure(open({ env: {} }).exec(target, sh`true`))).toMatchObject({
          code: 'KHA3012',
          message: expect.stringContaining('SSH_AUTH_SOCK'),
        });
      } finally {
        agent.kill();
      }
    });

    test('a refusal names what was tried', async () => {
      const stranger = join(dir, 'stranger');
      makeKey(stranger);
      const error = await failure(ssh.exec(to({ keyFile: stranger }), sh`true`));
      expect(error).toMatchObject({ code: 'KHA3004', where: 'm1' });
      expect(error.message).toContain(`key ${stranger} (ssh-ed25519)`);
      expect(error.hint).toContain('publickey');
    });

    test('a missing key file is named', async () => {
      const error = await failure(ssh.exec(to({ keyFile: '~/no-such-key' }), sh`true`));
      expect(error).toMatchObject({ code: 'KHA3012', blame: 'configuration' });
      expect(error.message).toContain('/no-such-key');
    });

    test.each(['password', 'keyboard-interactive'] as const)('with a password by %s', async (method) => {
      const tried: string[] = [];
      const hostKey = ssh2.utils.generateKeyPairSync('ed25519', {});
      const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
        client.on('error', () => {});
        client.on('authentication', (context) => {
          if (context.method !== method) return context.reject([method]);
          if (context.method === 'password') {
            tried.push(context.password);
            return context.password === 'right' ? context.accept() : context.reject([method]);
          }
          if (context.method === 'keyboard-interactive')
            return context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
              tried.push(String(answers[0]));
              if (answers[0] === 'right') context.accept();
              else context.reject([method]);
            });
          return undefined;
        });
        client.on('session', (accept) => {
          accept().on('exec', (acceptExec, _reject, info) => {
            const channel = acceptExec();
            const child = spawn('sh', ['-c', info.command]);
            channel.pipe(child.stdin);
            child.stdout.pipe(channel, { end: false });
            child.stderr.pipe(channel.stderr, { end: false });
            child.on('close', (code) => {
              channel.exit(code ?? 255);
              channel.end();
            });
          });
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = server.address() as { port: number };
        const { keyFile: _, ...base } = to({ port, hostKeys: [hostKey.public] });
        const target = { ...base, password: { secret: 'right' } };
        expect((await ssh.exec(target, sh`echo in`)).stdout).toBe('in\n');
        const error = await failure(ssh.exec({ ...base, password: { secret: 'wrong' } }, sh`true`));
        expect(error.code).toBe('KHA3004');
        expect(error.message + error.hint).not.toContain('wrong');
        expect(tried).toEqual(['right', 'wrong']);
      } finally {
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          void Promise.all(opened.map((one) => one.close()));
        });
        ssh = open();
      }
    });
  });

  describe('host keys', () => {
    test('an unknown key is refused with its fingerprint and the way out', async () => {
      const error = await failure(ssh.exec(to({ name: 'stranger', hostKeys: [] }), sh`true`));
      expect(error).toMatchObject({ code: 'KHA3005', blame: 'host', final: true });
      expect(error.message).toContain(
        execFileSync('ssh-keygen', ['-lf', join(dir, 'sshd', 'host_key.pub')], { encoding: 'utf8' }).split(' ')[1],
      );
      expect(error.hint).toContain('kha hosts trust');
    });

    test('enrolment asks, writes, and a changed key stops the host with both fingerprints', async () => {
      const own = knownHostsIn(lockedFile(join(dir, 'changing')));
      const changing = await startSshd(join(dir, 'changing-sshd'), [publicKey]);
      try {
        const target = connectionTo(changing, keyFile, { name: 'c1', hostKeys: [] });
        const first = open({ knownHosts: own });
        const declined = await enrol(first, [target], { knownHosts: own, confirm: async () => [] });
        expect(declined).toMatchObject({ trusted: [], refused: ['c1'], offers: [{ state: 'new' }] });
        expect(await failure(first.exec(target, sh`true`))).toMatchObject({ code: 'KHA3005' });

        const done = await enrol(first, [target], { knownHosts: own, confirm: async (offers) => offers });
        expect(done).toMatchObject({ trusted: ['c1'], refused: [], failed: [] });
        expect((await first.exec(target, sh`echo in`)).stdout).toBe('in\n');

        const old = done.offers[0]?.key.fingerprint ?? '';
        await changing.rekey();
        const fresh = (await first.offeredKey(target)).fingerprint;
        expect(fresh).not.toBe(old);
        const error = await failure(first.exec(target, sh`true`));
        expect(error).toMatchObject({ code: 'KHA3006', final: true });
        expect(error.message).toContain(old);
        expect(error.message).toContain(fresh);

        const again = await enrol(first, [target], { knownHosts: own, confirm: async (offers) => offers });
        expect(again.offers).toMatchObject([{ state: 'changed', expected: [{ fingerprint: old }] }]);
        expect((await first.exec(target, sh`echo in`)).stdout).toBe('in\n');
        expect((await enrol(first, [target], { knownHosts: own, confirm: async (o) => o })).offers).toMatchObject([
          { state: 'known' },
        ]);
      } finally {
        await changing.stop();
      }
    });

    test('a key pinned in the cluster file wins over known_hosts, and is never enrolled over', async () => {
      const own = knownHostsIn(lockedFile(join(dir, 'pinned')));
      await own.trust([{ connection: to(), key: await ssh.offeredKey(to()) }]);
      const other = join(dir, 'other');
      const pinned = to({ hostKeys: [makeKey(other)] });
      const target = open({ knownHosts: own });
      expect(await failure(target.exec(pinned, sh`true`))).toMatchObject({
        code: 'KHA3007',
        hint: expect.stringContaining('hostKeys'),
      });
      let asked = 0;
      const result = await enrol(target, [pinned], {
        knownHosts: own,
        confirm: async (offers) => {
          asked += offers.length;
          return offers;
        },
      });
      expect(asked).toBe(0);
      expect(result.offers).toMatchObject([{ state: 'mismatch' }]);
    });

    test('a revoked key is refused though it is pinned', async () => {
      const path = join(dir, 'revoked');
      writeFileSync(path, `@revoked * ${sshd.hostKey}\n`);
      const error = await failure(open({ knownHosts: knownHostsIn(lockedFile(path)) }).exec(to(), sh`true`));
      expect(error).toMatchObject({ code: 'KHA3007', final: true });
    });
  });

  describe('bastions', () => {
    test('each hop is verified by its own key, and enrolled before what is behind it', async () => {
      const own = knownHostsIn(lockedFile(join(dir, 'bastions')));
      const bastion = await startSshd(join(dir, 'bastion'), [publicKey]);
      try {
        const hop = connectionTo(bastion, keyFile, { name: 'b1', hostKeys: [] });
        const target = to({ name: 'inner', hostKeys: [], jump: [hop] });
        const through = open({ knownHosts: own });

        const unknown = await failure(through.exec(target, sh`true`));
        expect(unknown).toMatchObject({ code: 'KHA3011', final: true });
        expect(unknown.message).toContain('its bastion b1 failed');

        const rounds: string[][] = [];
        const done = await enrol(through, [target], {
          knownHosts: own,
          confirm: async (offers) => {
            rounds.push(offers.map((o) => o.connection.name));
            return offers;
          },
        });
        expect(rounds).toEqual([['b1'], ['inner']]);
        expect(done.failed).toEqual([]);
        expect((await through.exec(target, sh`echo in`)).stdout).toBe('in\n');
        expect(bastion.connections().length).toBe(1);

        const dead = await failure(through.exec({ ...target, name: 'dead', port: await freePort() }, sh`true`));
        expect(dead.code).toBe('KHA3011');
        expect(dead.message).toContain('The bastion b1 (127.0.0.1');

        bastion.cutConnections();
        expect((await through.exec(target, sh`echo again`)).stdout).toBe('again\n');

        await bastion.rekey();
        const changed = await failure(through.exec(target, sh`true`));
        expect(changed.code).toBe('KHA3011');
        expect(changed.message).toContain('has changed');
      } finally {
        await bastion.stop();
      }
    });
  });

  describe('upload', () => {
    test('writes content, mode and owner in one step, and nothing is left beside', async () => {
      const folder = mkdtempSync(join(dir, 'up-'));
      const path = join(folder, "it's here");
      const content = randomBytes(3 << 20);
      await upload(ssh, to(), { path, content, mode: 0o640, owner: 'root', group: 'daemon' });
      expect(readFileSync(path).equals(content)).toBe(true);
      const stat = statSync(path);
      expect(stat.mode & 0o7777).toBe(0o640);
      expect([stat.uid, stat.gid]).toEqual([0, 1]);
      await upload(ssh, to(), { path, content: 'second', mode: 0o600 });
      expect(readFileSync(path, 'utf8')).toBe('second');
      expect(execFileSync('ls', ['-A', folder], { encoding: 'utf8' }).trim()).toBe("it's here");
    });

    test('a cut connection leaves the old content', async () => {
      const folder = mkdtempSync(join(dir, 'up-'));
      const path = join(folder, 'file');
      writeFileSync(path, 'old');
      const own = open();
      const running = failure(upload(own, to(), { path, content: randomBytes(200 << 20), mode: 0o600 }));
      await until('the upload runs', () => execFileSync('ls', ['-A', folder], { encoding: 'utf8' }).includes('.tmp'));
      sshd.cutConnections();
      expect((await running).code).toBe('KHA3008');
      expect(readFileSync(path, 'utf8')).toBe('old');
      await until(
        'the rest is cleaned up',
        () => execFileSync('ls', ['-A', folder], { encoding: 'utf8' }).trim() === 'file',
      );
    });

    test('says why it failed', async () => {
      const error = await failure(
        upload(ssh, to(), { path: join(dir, 'no', 'such', 'file'), content: '', mode: 0o600 }),
      );
      expect(error).toMatchObject({ code: 'KHA3025', blame: 'host' });
      expect(error.lastLines.join()).toMatch(/no\/such/i);
    });
  });

  describe('remote jobs without systemd', () => {
    jobContract({
      open,
      connection: () => to(),
      cut: async () => sshd.cutConnections(),
      restartSshd: () => sshd.restart(),
    });
  });
});
