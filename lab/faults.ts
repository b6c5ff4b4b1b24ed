import { readFileSync } from 'node:fs';
import { labError } from './error.ts';
import { power, sshExec } from './lab.ts';
import { ensureDebianPackages } from './machine.ts';
import { waitForMirror } from './mirror/mirror.ts';
import { mirrorName } from './network.ts';
import { run } from './run.ts';

/** Ends a fault: everything is as it was before. */
export type Heal = () => Promise<void>;

/** What faults need of Debian besides what the lab needs. */
export const debianPackagesOfFaults = ['nftables', 'libfaketime'];

/** Install them; a network of its own may have no way to a package repository later. */
export const prepareFaults = (say: (line: string) => void): Promise<void> =>
  ensureDebianPackages(debianPackagesOfFaults, say);

/** The host's cable is out: nothing reaches it, nothing leaves it, and it does not know. */
export async function pullCable(name: string): Promise<Heal> {
  await inNetwork('ip', 'link', 'set', name, 'nomaster');
  return async () => void (await inNetwork('ip', 'link', 'set', name, 'master', 'br0'));
}

export interface SlowLine {
  /** What comes through to the host. */
  kbit: number;
  /** How long a packet may wait for its turn; what would wait longer is dropped. */
  latencyMs: number;
  /** Of the packets to and from the host. */
  lossPercent: number;
}

/** A bad line: packets to the host queue up, and some are lost. */
export async function slowLine(name: string, { kbit, latencyMs, lossPercent }: SlowLine): Promise<Heal> {
  const table = `kha_${name}`;
  const shaping = ['tbf', 'rate', `${kbit}kbit`, 'burst', '16kb', 'latency', `${latencyMs}ms`];
  await inNetwork('tc', 'qdisc', 'replace', 'dev', name, 'root', ...shaping);
  const loss = `numgen random mod 100 < ${lossPercent} drop`;
  const rules = `table bridge ${table} {
  chain forward {
    type filter hook forward priority 0;
    oifname ${name} ${loss}
    iifname ${name} ${loss}
  }
}`;
  await run('ip', ['netns', 'exec', 'lab', 'nft', '-f', '-'], { input: rules });
  return async () => {
    await inNetwork('nft', 'delete', 'table', 'bridge', table);
    // the interface is a new one, without any shaping, where the host was switched off meanwhile
    await inNetwork('tc', 'qdisc', 'del', 'dev', name, 'root').catch(() => undefined);
  };
}

/** The mirror is off the air. */
export async function stopMirror(): Promise<Heal> {
  await power(mirrorName, 'off');
  return async () => {
    await power(mirrorName, 'on');
    await waitForMirror();
  };
}

/** The mirror answers every request for packages and images with 500. */
export async function breakMirror(): Promise<Heal> {
  const configuration = `pid /run/broken.pid; events {} http { access_log off; server { listen 80; listen 5000; return 500; } }`;
  await onHost(
    mirrorName,
    `cat >/run/broken.conf; systemctl stop nginx docker-registry && nginx -c /run/broken.conf >/dev/null 2>&1`,
    configuration,
  );
  return async () => {
    await onHost(mirrorName, 'nginx -c /run/broken.conf -s quit; systemctl start nginx docker-registry');
    await waitForMirror();
  };
}

/** Next to nothing is free on the host's own disk (`diskMiB` of `renew`), of which this machine loses as much. */
export async function fillDisk(name: string): Promise<Heal> {
  // Reserved in a moment and not written: a reset of the host in between would leave nobody to end it.
  const filled = await sshExec(
    name,
    `free() { df --output=avail /var | tail -n 1; }; fallocate -l $(( $(free) - 4096 ))KiB /var/filler; cat /dev/zero >/var/filler.rest; free`,
  );
  const left = filled.stdout.trim();
  if (left === '' || Number(left) > 256) throw labError(`${name} has ${left || '?'} KiB free.`, 'See df on the host.');
  return () => onHost(name, 'rm -f /var/filler*');
}

// systemd would refuse the sixth start within ten seconds.
const restart = 'systemctl reset-failed ssh; systemctl restart ssh';

/**
 * To every program of a session the host's clock is off by so many seconds. The kernel's clock is the whole machine's, so the programs are
 * told by libfaketime, and only those that are linked dynamically believe it.
 */
export async function shiftClock(name: string, seconds: number): Promise<Heal> {
  const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
  const there = '/usr/local/lib/lab/faketime.so';
  const words = `LD_PRELOAD=${there} FAKETIME=${seconds >= 0 ? '+' : ''}${seconds} DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1`;
  const settings = '/etc/ssh/sshd_config.d/clock.conf';
  await onHost(name, `base64 -d >${there} && chmod 755 ${there}`, readFileSync(library).toString('base64'));
  // A reload would go on while new connections are made with the old settings; who is connected keeps them, too.
  await onHost(name, `echo 'SetEnv ${words}' >${settings} && ${restart}`);
  await cutConnections(name);
  return async () => {
    await onHost(name, `rm -f ${settings} && ${restart}`);
    await cutConnections(name);
  };
}

/** sshd ends in the middle of every connection to the host, also where somebody is just logging in, and takes new ones at once. */
export async function cutConnections(name: string): Promise<void> {
  await sshExec(name, `pkill -9 -f '^sshd: [^/]'`); // all but the listener, and so this one too
}

/** As an upgrade of openssh-server does. */
export async function restartSshd(name: string): Promise<void> {
  await onHost(name, restart);
}

function inNetwork(program: 'ip' | 'tc' | 'nft', ...args: string[]): Promise<string> {
  return program === 'ip' ? run('ip', ['-n', 'lab', ...args]) : run('ip', ['netns', 'exec', 'lab', program, ...args]);
}

async function onHost(name: string, command: string, input?: string): Promise<void> {
  const { code, stderr } = await sshExec(name, command, input === undefined ? {} : { input });
  if (code !== 0) throw labError(`${name}: a fault could not be made or mended.`, 'See the lines above.', [stderr]);
}
