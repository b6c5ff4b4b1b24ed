import { readFile, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { isMissing } from '../../adapters/files.ts';
import { findProgram } from '../../adapters/temporal-dev-server/find-program.ts';
import type { Context } from '../context.ts';

export type Level = 'PASS' | 'WARN' | 'FAIL';

export interface Verdict {
  level: Level;
  /** What was found. */
  message: string;
  /** What to do about it. */
  fix?: string;
}

export interface Check {
  id: string;
  /** Why it matters. */
  why: string;
  /** An error that it throws counts as a failure with its way out. */
  run(context: Context): Promise<Verdict[]>;
}

const pass = (message: string): Verdict => ({ level: 'PASS', message });
const warn = (message: string, fix: string): Verdict => ({ level: 'WARN', message, fix });
const fail = (message: string, fix: string): Verdict => ({ level: 'FAIL', message, fix });

const MIN_NODE = [20, 12] as const;
const WARN_MIB = 1024;
const FAIL_MIB = 100;
/** A worker polls at least every minute. */
const WORKER_FRESH_MS = 120_000;

/** What kha needs on the machine where it is typed. */
export const checks: readonly Check[] = [
  {
    id: 'node',
    why: 'kha runs on Node.',
    async run() {
      const version = process.versions.node;
      const [major = 0, minor = 0] = version.split('.').map(Number);
      const ok = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
      return [
        ok
          ? pass(`Node ${version}`)
          : fail(`Node ${version} is too old`, `Install Node ${MIN_NODE.join('.')} or newer.`),
      ];
    },
  },
  {
    id: 'home',
    why: 'Recorded clusters, secrets and host keys are kept in KHA_HOME; nobody else may read them.',
    async run(context) {
      const home = context.home();
      const verdicts: Verdict[] = [];
      const mode = await modeOf(home.dir);
      if (mode === undefined) return [pass(`${home.dir} does not exist yet; it is made at first use`)];
      verdicts.push(
        mode & 0o077
          ? warn(`${home.dir} can be entered by other users (mode ${octal(mode)})`, `chmod 700 ${home.dir}`)
          : pass(`${home.dir} is yours alone`),
      );
      for (const path of [home.storeKey, home.codecKey]) {
        const keyMode = await modeOf(path);
        if (keyMode !== undefined && keyMode & 0o077)
          verdicts.push(fail(`${path} can be read by other users (mode ${octal(keyMode)})`, `chmod 600 ${path}`));
      }
      return verdicts;
    },
  },
  {
    id: 'store',
    why: 'Documents of operations, secrets and host keys are in the store; commands and workers use the same one.',
    async run(context) {
      const store = await context.store();
      return (await store.inspect()).map(({ message, fix }) =>
        fix === undefined ? pass(message) : warn(message, fix),
      );
    },
  },
  {
    id: 'disk',
    why: "Temporal's history and the logs of operations grow there.",
    async run(context) {
      const path = await firstExisting(context.home().dir);
      const { bavail, bsize } = await statfs(path);
      const free = Math.floor((bavail * bsize) / 2 ** 20);
      const fix = `Free some space at ${path}, or set KHA_HOME to a larger disk.`;
      if (free < FAIL_MIB) return [fail(`${free} MiB are free at ${path}`, fix)];
      return [
        free < WARN_MIB
          ? warn(`${free} MiB are free at ${path}`, fix)
          : pass(`${(free / 1024).toFixed(1)} GiB are free at ${path}`),
      ];
    },
  },
  {
    id: 'temporal-program',
    why: '`kha server` runs the program temporal; with a Temporal of your own it is not needed.',
    async run(context) {
      const home = context.home();
      // Looked for, not fetched: a check changes nothing.
      const { cachedProgram } = await import('../../adapters/temporal-dev-server/fetch-program.ts');
      const env = context.env;
      if (
        !env['KHA_TEMPORAL_CLI'] &&
        !(await onPath(env, home.bin)) &&
        (await modeOf(cachedProgram(home.cache))) === undefined
      )
        return [
          warn(
            'temporal is not installed',
            '`kha server` fetches it at its first start; or name it in KHA_TEMPORAL_CLI.',
          ),
        ];
      return [pass(`temporal is ${await findProgram(home, () => undefined, env)}`)];
    },
  },
  {
    id: 'temporal-server',
    why: 'Operations are workflows in Temporal, and a kha worker does their work.',
    async run(context) {
      const operations = await context.operations();
      const version = await operations.serverVersion();
      const recent = (await operations.workers()).filter((w) => context.now() - w.lastSeen < WORKER_FRESH_MS);
      return [
        pass(`Temporal ${version} answers at ${operations.place.address}, namespace ${operations.place.namespace}`),
        recent.length > 0
          ? pass(
              `${recent.length} kha worker${recent.length === 1 ? '' : 's'}: ${recent.map((w) => w.identity).join(', ')}`,
            )
          : warn('no kha worker polls', 'Start one: kha worker, or Temporal with a worker: kha server'),
      ];
    },
  },
  {
    id: 'ssh-agent',
    why: 'Hosts with `agent: true` are reached with the keys of an SSH agent.',
    async run(context) {
      const socket = context.env['SSH_AUTH_SOCK'];
      if (!socket)
        return [
          warn(
            'no SSH agent (SSH_AUTH_SOCK is not set)',
            'Only needed for `agent: true`: eval "$(ssh-agent)"; ssh-add',
          ),
        ];
      return [
        (await answers(socket))
          ? pass(`the SSH agent answers at ${socket}`)
          : warn(`no SSH agent answers at ${socket}`, 'Start it again: eval "$(ssh-agent)"; ssh-add'),
      ];
    },
  },
  {
    id: 'credentials',
    why: 'The key files that recorded clusters name must be readable where the worker runs.',
    async run(context) {
      const { recorded } = await import('../recorded.ts');
      const { expandHome } = await import('../../adapters/ssh2/credentials.ts');
      const store = await context.store();
      const paths = new Set<string>();
      for (const { name } of await store.listClusters())
        for (const host of (await recorded(context, name)).cluster.hosts)
          for (const { keyFile } of [host.connection, ...host.connection.jump])
            if (keyFile !== undefined) paths.add(keyFile);
      return Promise.all(
        [...paths].map(async (path) => {
          const file = expandHome(path, context.env['HOME'] ?? '/root');
          const readable = await readFile(file).then(
            () => true,
            () => false,
          );
          return readable
            ? pass(`${path} is readable`)
            : warn(`${path} can't be read here`, 'Put the key there, on each machine with a kha worker.');
        }),
      );
    },
  },
];

const octal = (mode: number): string => (mode & 0o777).toString(8);

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function firstExisting(path: string): Promise<string> {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/')
    if (at === '/' || (await modeOf(at)) !== undefined) return at;
}

async function onPath(env: NodeJS.ProcessEnv, bin: string): Promise<boolean> {
  for (const folder of [...(env['PATH'] ?? '').split(':').filter(Boolean), bin])
    if ((await modeOf(`${folder}/temporal`).catch(() => undefined)) !== undefined) return true;
  return false;
}

/** Does something listen at a socket? */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const end = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(2000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
