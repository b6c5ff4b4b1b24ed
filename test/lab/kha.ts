import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterFile, type ClusterFileOptions } from '../../lab/cluster-file.ts';
import { type LabHost, labDown, labUp, sshExec } from '../../lab/lab.ts';
import { answers, waitUntil } from '../../lab/wait.ts';
import { freePort } from '../contracts/free-port.ts';
import { type Ended, ended } from './ended.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The built kha with a home, ports and processes of its own. */
export interface Kha {
  home: string;
  /** Of its Temporal. */
  address: string;
  /** Web UI of its Temporal. */
  ui: string;
  /** Runs a command to its end. */
  run: (...args: string[]) => Promise<Ended>;
  /** As `run`; throws unless it exits with 0. */
  ok: (...args: string[]) => Promise<string>;
  /** Starts a command and leaves it running. */
  start: (...args: string[]) => ChildProcess;
  /** Starts `kha server` and waits until it says that it serves. */
  serve: (...flags: string[]) => Promise<void>;
  /** Process of `kha server`, and so of its worker. */
  workerPid: () => number;
  /** kill -9 of `kha server`, and so of its worker; Temporal goes on. */
  killWorker: () => Promise<void>;
  /** kill -9 of `kha server` and of Temporal. */
  killServer: () => Promise<void>;
  /** kill -9 of Temporal; `kha server` starts it again. */
  killTemporal: () => void;
  /** kill -9 of all commands but `kha server` and workers. */
  killCommands: () => void;
  /** Stops `kha server` for a while, or lets it go on. */
  signalServer: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Starts `kha worker` beside `kha server`. */
  startWorker: () => { end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void> };
  /** Waits until Temporal answers. */
  untilServing: () => Promise<void>;
  /** Copies Temporal's database as a crash would leave it. Returns what puts the copy back; Temporal must be off then. */
  copyDatabase: () => () => void;
  /** Ends everything and removes the home. */
  close: () => Promise<void>;
}

const open = new Set<Kha>();

/** Ends whatever was not closed, for a program that is told to stop. */
export const closeAll = async (): Promise<void> => void (await Promise.all([...open].map((kha) => kha.close())));

/** @param more variables of its environment: a store or a Temporal elsewhere */
export async function createKha(more: Record<string, string> = {}): Promise<Kha> {
  const home = mkdtempSync(join(tmpdir(), 'kha-home-'));
  const ports = { temporal: await freePort(), ui: await freePort(), codec: await freePort() };
  const env = { ...process.env, KHA_HOME: home, NO_COLOR: '1', KUBECONFIG: join(home, 'kubeconfig'), ...more };
  let server: ChildProcess | undefined;
  const children = new Set<ChildProcess>();
  const services = new Set<ChildProcess>();

  let isClosed = false;
  const start = (...args: string[]): ChildProcess => {
    if (isClosed) throw new Error('this kha is closed');
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    child.on('close', () => children.delete(child));
    return child;
  };
  const run = (...args: string[]): Promise<Ended> => ended(start(...args));
  const kill = async (child: ChildProcess): Promise<void> => {
    child.kill('SIGKILL');
    await waitUntil(() => isOver(child), 10);
  };
  const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
  const temporalPid = (): number =>
    (JSON.parse(readFileSync(join(home, 'temporal/server.json'), 'utf8')) as { pid: number }).pid;
  const killPid = (pid: number): void => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it is gone already
    }
  };

  const kha: Kha = {
    home,
    address: `127.0.0.1:${ports.temporal}`,
    ui: `http://127.0.0.1:${ports.ui}`,
    run,
    ok: async (...args) => {
      const result = await run(...args);
      if (result.code === 0) return result.stdout;
      throw new Error(`kha ${args.join(' ')}: exit code ${result.code}\n${result.stderr}\n${result.stdout}`);
    },
    start,
    workerPid: () => {
      if (server?.pid === undefined) throw new Error('kha server does not run');
      return server.pid;
    },
    killTemporal: () => killPid(temporalPid()),
    killCommands: () => {
      for (const child of children) if (!services.has(child)) child.kill('SIGKILL');
    },
    signalServer: (signal) => void server?.kill(signal),
    startWorker: () => {
      const child = start('worker');
      services.add(child);
      child.stdout?.resume();
      child.stderr?.resume();
      return {
        end: async (signal) => {
          child.kill(signal);
          if (!(await waitUntil(() => isOver(child), 30))) await kill(child);
        },
      };
    },
    untilServing: async () => {
      if (!(await waitUntil(() => answers('127.0.0.1', ports.temporal), 60)))
        throw new Error('Temporal does not answer within a minute');
    },
    copyDatabase: () => {
      const [from, copy] = [join(home, 'temporal'), join(home, 'temporal-copy')];
      const files = readdirSync(from).filter((name) => name.startsWith('temporal.db'));
      const pid = temporalPid();
      mkdirSync(copy, { recursive: true });
      // Nothing may be written between the copies of its files.
      process.kill(pid, 'SIGSTOP');
      for (const name of files) copyFileSync(join(from, name), join(copy, name));
      process.kill(pid, 'SIGCONT');
      return () => {
        for (const name of readdirSync(from).filter((n) => n.startsWith('temporal.db'))) rmSync(join(from, name));
        for (const name of files) copyFileSync(join(copy, name), join(from, name));
        rmSync(copy, { recursive: true });
      };
    },
    serve: async (...more) => {
      const flags = { '--port': ports.temporal, '--ui-port': ports.ui, '--codec-port': ports.codec };
      const child = start('server', ...Object.entries(flags).flatMap(([flag, port]) => [flag, String(port)]), ...more);
      server = child;
      services.add(child);
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      child.stdout?.resume();
      await waitUntil(() => said.includes('Web UI') || child.exitCode !== null, 60);
      if (!said.includes('Web UI') || child.exitCode !== null) throw new Error(`kha server does not start:\n${said}`);
    },
    killWorker: async () => {
      if (server) await kill(server);
    },
    killServer: async () => {
      const pid = temporalPid();
      if (server) await kill(server);
      killPid(pid);
    },
    close: async () => {
      isClosed = true;
      const child = server;
      if (child && !isOver(child)) {
        child.kill('SIGTERM');
        await waitUntil(() => isOver(child), 20);
      }
      for (const other of children) await kill(other);
      try {
        killPid(temporalPid());
      } catch {
        // it was stopped and took its record along
      }
      rmSync(home, { recursive: true, force: true });
      open.delete(kha);
    },
  };
  open.add(kha);
  return kha;
}

/** Where the lab's kubeadm writes each of its calls: a line with the verb, and one with verb and exit code when it ends. */
const CALLS = '/var/log/kubeadm-calls';

/** Puts a kubeadm before the real one that counts. */
export const countKubeadm = (host: string): Promise<string> =>
  onHost(
    host,
    `cat >/usr/local/bin/kubeadm <<'END'
#!/bin/sh
echo "$1" >>${CALLS}
/usr/bin/kubeadm "$@"
code=$?
echo "$1 $code" >>${CALLS}
exit $code
END
chmod 755 /usr/local/bin/kubeadm`,
  );

/** Bare hosts: whatever the lab had is gone. Each counts the calls of kubeadm in a file of its own. */
export async function freshHosts(count: number, kubernetes?: readonly string[]): Promise<LabHost[]> {
  await labDown();
  const hosts = await labUp(count, kubernetes ? { mirror: kubernetes } : {});
  await Promise.all(hosts.map((host) => countKubeadm(host.name)));
  return hosts;
}

/** How often kubeadm was called with this verb on a host. */
export const kubeadmCalls = async (host: string, verb: 'init' | 'join'): Promise<number> =>
  Number(await onHost(host, `touch ${CALLS}; grep -cx ${verb} ${CALLS} || :`));

/** How often it ended well. */
export const kubeadmSuccesses = async (host: string, verb: 'init' | 'join'): Promise<number> =>
  Number(await onHost(host, `touch ${CALLS}; grep -cx '${verb} 0' ${CALLS} || :`));

/** Standard output of a command that must succeed on a host. */
export async function onHost(host: string, command: string): Promise<string> {
  const { code, stdout, stderr } = await sshExec(host, command);
  if (code !== 0) throw new Error(`${host}: ${command}: exit code ${code}: ${stderr}`);
  return stdout.trim();
}

/** Waits until a command succeeds on a host. */
export async function untilOn(host: string, command: string, seconds: number): Promise<void> {
  const came = await waitUntil(async () => (await sshExec(host, command)).code === 0, seconds);
  if (!came) throw new Error(`${host}: not within ${seconds} s: ${command}`);
}

/** Writes a cluster file for lab hosts into the home. */
export function writeClusterFile(
  kha: Kha,
  options: ClusterFileOptions,
  change: (text: string) => string = (text) => text,
  name = 'cluster.yaml',
): string {
  const path = join(kha.home, name);
  writeFileSync(path, change(clusterFile(options)));
  return path;
}

/** On a master, as its administrator. */
export const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';
const pki = '/etc/kubernetes/pki/etcd';
/** On a member of etcd, in its container. */
export const etcdctl = `crictl exec $(crictl ps -q --name '^etcd$' | head -n 1) etcdctl --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key`;

/** Destroys the data of the members of etcd on these hosts; returns once the one that is left knows no leader. */
export async function breakEtcd(hosts: readonly string[], left: string): Promise<void> {
  for (const host of hosts) await onHost(host, 'echo broken >/var/lib/etcd/member/snap/db && pkill -9 -x etcd');
  await untilLeaderless(left);
}

export const untilLeaderless = (host: string): Promise<void> =>
  untilOn(host, "curl -fs http://127.0.0.1:2381/metrics | grep -qx 'etcd_server_has_leader 0'", 60);

/** Names of the members of etcd, as one of them knows them. */
export const membersOn = async (host: string): Promise<string> =>
  (await onHost(host, `${etcdctl} member list`))
    .split('\n')
    .map((line) => line.split(', ')[2] ?? '')
    .sort()
    .join(' ');

/** Kills kha's worker when something is so on a host, and starts it again; throws where the operation ended before. */
export async function killWorkerWhen(kha: Kha, operation: Promise<Ended>, on: string, command: string): Promise<void> {
  await Promise.race([
    untilOn(on, command, 600),
    operation.then(({ stdout, stderr }) => Promise.reject(new Error(`it ended before: ${stderr}${stdout}`))),
  ]);
  await kha.killWorker();
  await kha.serve();
}

/** Judges a cluster without kha: with kubectl and etcdctl on its first master and its first etcd host. */
export async function judgeCluster(
  hosts: { master: string; etcd: string },
  nodes: string[],
  members: number,
): Promise<void> {
  const template = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}';
  const ready = await onHost(hosts.master, `${kubectl} get nodes -o jsonpath='${template}'`);
  const expected = nodes.map((n) => `${n}=True`).sort();
  if (ready.split(' ').sort().join() !== expected.join())
    throw new Error(`nodes: ${ready}; expected ${expected.join(' ')}`);
  // kubelet tells of a static pod that was made anew some seconds after it serves.
  let bad = '';
  const pods = `${kubectl} get pods -A --no-headers | grep -vE 'Running|Completed' || :`;
  if (!(await waitUntil(async () => (bad = await onHost(hosts.master, pods)) === '', 120, 1000)))
    throw new Error(`pods do not run:\n${bad}`);
  const health = await onHost(hosts.etcd, `${etcdctl} endpoint health --cluster 2>&1`);
  if (health.split('\n').filter((l) => l.includes('is healthy')).length !== members) throw new Error(`etcd: ${health}`);
}
