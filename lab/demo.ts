import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KhaError } from '../src/cluster/error.ts';
import { kubernetes, newestKubernetes } from './artifacts/kubernetes.ts';
import { clusterFile } from './cluster-file.ts';
import { labError } from './error.ts';
import { labDown, labUp } from './lab.ts';
import { directoryOf } from './pieces/stamp.ts';
import { duration, showProgress } from './progress.ts';
import { waitUntil } from './wait.ts';

/** The demo's own KHA_HOME, so that it never meets a real one. */
const home = process.env['KHA_DEMO_HOME'] ?? join(homedir(), '.local/state/kha-demo');
const paths = {
  cluster: join(home, 'cluster.yaml'),
  kubeconfig: join(home, 'kubeconfig'),
  bin: join(home, 'demo-bin'),
  log: join(home, 'server.out'),
};
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const env = { ...process.env, KHA_HOME: home, KUBECONFIG: paths.kubeconfig };
const [masters, workers] = [3, 2];
const progress = showProgress();
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const heading = (line: string): void => say(`\x1b[1m==> ${line}\x1b[0m`);

async function kha(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: 'inherit' });
  // Ctrl-C is for the command that watches; the demo itself ends when that one has.
  process.on('SIGINT', () => undefined);
  const code = await new Promise<number>((resolve) => child.on('close', (c) => resolve(c ?? 255)));
  if (code !== 0) {
    process.exitCode = code;
    throw labError(
      `kha ${args[0]} ended with exit code ${code}.`,
      `Look: ${shell()} kha status demo. Again: npm run demo. All away: npm run demo -- down.`,
    );
  }
}

/** Starts `kha server` in the background, or leaves the one that runs. */
async function serve(): Promise<void> {
  if (serverPid() !== undefined) return;
  const out = openSync(paths.log, 'w', 0o600);
  const server = spawn(process.execPath, [program, 'server'], { env, stdio: ['ignore', out, out], detached: true });
  server.unref();
  const text = (): string => readFileSync(paths.log, 'utf8');
  await waitUntil(() => text().includes('Web UI') || server.exitCode !== null, 60);
  if (!text().includes('Web UI')) throw labError('kha server does not start.', `It says:\n${text()}`);
  say(text().trimEnd());
}

/** Process of the demo's `kha server`, whoever started it; or what is left of it, the Temporal of this home. */
function serverPid(of: 'owner' | 'server' = 'owner'): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(join(home, 'temporal', `${of}.json`), 'utf8')) as { pid: number };
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`KHA_HOME=${home}`) ? pid : undefined;
  } catch {
    return undefined;
  }
}

const shell = (): string => `KHA_HOME=${home}`;

async function up(): Promise<void> {
  const start = performance.now();
  mkdirSync(paths.bin, { recursive: true, mode: 0o700 });
  heading(`${masters + workers} hosts with systemd and sshd, and a mirror of packages and images`);
  const hosts = await labUp(masters + workers, { progress });
  for (const host of hosts) say(`    ${host.name}  ${host.address}`);
  writeFileSync(paths.cluster, clusterFile({ hosts, masters, workers }));
  say(`    the cluster file: ${paths.cluster}`);

  heading('kha server: Temporal, its Web UI, and a worker');
  await serve();

  heading('kha start-workflow init-cluster');
  await kha('start-workflow', 'init-cluster', '-f', paths.cluster, '--accept-changes');

  heading('kha kubeconfig demo --merge; kubectl get nodes');
  await kha('kubeconfig', 'demo', '--merge');
  const kubectl = join(paths.bin, 'kubectl');
  rmSync(kubectl, { force: true });
  symlinkSync(join(directoryOf(kubernetes(newestKubernetes)), 'kubectl'), kubectl);
  const link = join(paths.bin, 'kha');
  rmSync(link, { force: true });
  symlinkSync(program, link);
  const nodes = spawn(kubectl, ['get', 'nodes'], { env, stdio: 'inherit' });
  const code = await new Promise<number>((resolve) => nodes.on('close', (c) => resolve(c ?? 255)));
  if (code !== 0) throw labError('kubectl get nodes failed.', `Look: ${shell()} kha status demo`);

  say(`
\x1b[1mThe cluster stands (${duration((performance.now() - start) / 1000)} in all).\x1b[0m What to try next, in this shell:

  export KHA_HOME=${home} KUBECONFIG=${paths.kubeconfig} PATH=${paths.bin}:$PATH
  kubectl get pods -A                                  # what runs
  kha status demo                                      # what was done; the Web UI is at http://127.0.0.1:8233
  kha logs demo join-master/m2                         # every remote command, its exit code and time
  kha start-workflow init-cluster --cluster demo       # again: nothing to change
  npm run lab -- ssh h1                                # a shell on the first master

Kill what you like while it runs (kha server is process ${serverPid()}); start it again with \`kha server\`.
All away: npm run demo -- down`);
}

async function down(): Promise<void> {
  for (const of of ['owner', 'server'] as const) {
    const pid = serverPid(of);
    if (pid === undefined) continue;
    process.kill(pid, 'SIGTERM');
    await waitUntil(() => serverPid(of) === undefined, 30);
  }
  await labDown(progress);
  rmSync(home, { recursive: true, force: true });
  say(`down: no host, no server, and ${home} removed; what was built is kept for the next time`);
}

const verb = process.argv[2] ?? 'up';
await (verb === 'down' ? down() : up()).catch((error: unknown) => {
  if (!(error instanceof KhaError)) throw error;
  say(`${error.message}\n${error.hint ?? ''}`);
  process.exitCode ||= 1;
});
