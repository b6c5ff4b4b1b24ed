import type { ClientChannel } from 'ssh2';
import type { Connection } from '../../cluster/connection.ts';
import type { KhaError } from '../../cluster/error.ts';
import type { ExecOptions } from '../../ports/ssh.ts';
import type { Launch } from './become.ts';
import { placeOf, sshError } from './errors.ts';
import { keepEnds, lineSplitter } from './output.ts';
import { sudoError } from './sudo.ts';

/** Noise before the marker that is kept for the message of a failed start. */
const maxNoise = 16_384;

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Passes on what comes after the marker's line. `noise` is what came before.
 * `sure` says whether the marker was seen, which is the proof that our shell ran.
 */
function afterMarker(marker: string, pass: (chunk: Buffer) => void, started: () => void) {
  let noise = Buffer.alloc(0);
  let sure = false;
  return {
    noise: () => noise.toString('utf8'),
    sure: () => sure,
    push(chunk: Buffer) {
      if (sure) return pass(chunk);
      noise = Buffer.concat([noise, chunk]);
      const at = noise.indexOf(`${marker}\n`);
      if (at < 0) {
        if (noise.length > maxNoise) noise = noise.subarray(noise.length - maxNoise);
        return;
      }
      const rest = noise.subarray(at + marker.length + 1);
      noise = noise.subarray(0, at);
      sure = true;
      started();
      if (rest.length > 0) pass(rest);
    },
  };
}

/** Speaks with a started command until its channel closes. Both streams are always drained: an undrained one never closes. */
export function converse(
  channel: ClientChannel,
  to: Connection,
  start: Launch,
  options: ExecOptions,
  sudoPassword: string | undefined,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const stdout = keepEnds(options.maxBytes ?? 1_048_576);
    const stderr = keepEnds(options.maxBytes ?? 1_048_576);
    const lines = options.onLine && lineSplitter(options.onLine);
    let exit: { code: number | null } | undefined;
    let failure: unknown;
    let prompts = 0;
    let fed = false;

    const feed = () => {
      if (fed) return;
      fed = true;
      channel.write(start.preamble);
      channel.end(options.stdin === undefined ? undefined : Buffer.from(options.stdin));
    };
    const stop = (error: unknown) => {
      if (failure !== undefined) return;
      failure = error;
      finish();
      reject(error);
      // Where sshd allows it; else the processes end at their next write.
      channel.signal('TERM');
      channel.close();
    };
    const guarded = (action: () => void) => {
      try {
        action();
      } catch (error) {
        stop(error);
      }
    };

    const out = afterMarker(
      start.marker,
      (chunk) => {
        stdout.push(chunk);
        if (failure !== undefined) return;
        guarded(() => {
          options.onData?.('stdout', chunk);
          lines?.push(chunk);
        });
      },
      () => {},
    );
    const err = afterMarker(
      start.marker,
      (chunk) => {
        stderr.push(chunk);
        if (failure !== undefined) return;
        guarded(() => options.onData?.('stderr', chunk));
      },
      feed,
    );
    channel.on('data', (chunk: Buffer) => out.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => {
      err.push(chunk);
      if (start.prompt === undefined || err.sure()) return;
      const asked = err.noise().split(start.prompt).length - 1;
      if (asked <= prompts) return;
      prompts = asked;
      // A second question means that the first answer was wrong; a third wrong one may lock the account.
      if (prompts > 1) stop(sudoError(to, err.noise(), start.prompt));
      else channel.write(`${sudoPassword ?? ''}\n`);
    });
    // A command that ends before it has read its input is no error.
    channel.on('error', () => {});
    channel.on('exit', (code: number | null) => {
      exit = { code };
    });

    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            const seconds = Math.round((options.timeoutMs ?? 0) / 100) / 10;
            stop(
              sshError('commandTimeout', to, `A command on ${placeOf(to)} did not end within ${seconds} s.`, {
                hint: `Look at what ${to.name} is busy with (ps, dmesg, df), then try again.`,
                lastLines: lastLines(stderr.text() || stdout.text()),
              }),
            );
          }, options.timeoutMs);
    const onAbort = () => stop(options.abort?.reason);
    options.abort?.addEventListener('abort', onAbort, { once: true });

    const finish = () => {
      clearTimeout(timer);
      options.abort?.removeEventListener('abort', onAbort);
    };
    channel.on('close', () => {
      finish();
      if (failure === undefined && exit !== undefined) guarded(() => lines?.end());
      if (failure !== undefined) return;
      if (exit === undefined) reject(lostError(to));
      else if (!err.sure()) reject(notStarted(to, start, exit.code, out.noise(), err.noise()));
      else resolve({ exitCode: exit.code, stdout: stdout.text(), stderr: stderr.text() });
    });

    if (options.abort?.aborted) onAbort();
    else if (start.prompt === undefined) feed();
  });
}

const lastLines = (text: string): string[] => text.trimEnd().split('\n').slice(-10);

export const lostError = (to: Connection, cause?: unknown): KhaError =>
  sshError('connectionLost', to, `The connection to ${placeOf(to)} was lost in the middle of a command.`, {
    hint: `kha tries again by itself. If it goes on: is ${to.name} rebooting, is its sshd restarting, is the network stable?`,
    cause,
  });

function notStarted(to: Connection, start: Launch, code: number | null, out: string, err: string): KhaError {
  if (start.commandLine.startsWith('exec env')) return sudoError(to, err, start.prompt);
  return sshError('shell', to, `No shell could be started as ${to.user} on ${placeOf(to)} (exit code ${code}).`, {
    hint: `Log in by hand and look: ssh -p ${to.port} ${to.user}@${to.address} sh. The login shell must run commands (no nologin, no forced command).`,
    lastLines: lastLines(out + err),
  });
}
