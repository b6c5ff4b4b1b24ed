import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, labDown } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import {
  createKha,
  freshHosts,
  judgeCluster,
  type Kha,
  kubeadmCalls,
  onHost,
  untilOn,
  writeClusterFile,
} from './kha.ts';

const reason = whyNoLab();

/** Everything that a second run must not touch: files with their times, processes of services, containers. */
const stateOf = (host: string): Promise<string> =>
  onHost(
    host,
    String.raw`find /etc /usr /opt /var/lib/kha /var/lib/kubelet/config.yaml /var/lib/kubelet/pki -xdev \( -type f -o -type l \) -printf '%p %T@ %C@ %m %U:%G %s\n' | sort
systemctl show -p Id,MainPID,ActiveEnterTimestampMonotonic containerd kubelet
crictl ps -q | sort`,
  );

const inTheMiddle = 'test -e /etc/kubernetes/kubelet.conf';

describe.skipIf(reason !== undefined)(
  `init-cluster, killed meanwhile${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let kha: Kha;
    let hosts: LabHost[];
    let file: string;

    beforeAll(async () => {
      hosts = await freshHosts(5);
      kha = await createKha();
      file = writeClusterFile(kha, { hosts, masters: 3, workers: 2 });
      await kha.serve();
    });
    afterAll(async () => {
      await kha?.close();
      await labDown();
    });

    it('goes on after kill -9 of the CLI, of the worker in kubeadm init, of Temporal and worker in a join', async () => {
      const cli = kha.start('start-workflow', 'init-cluster', '-f', file);
      cli.stdout?.resume();
      cli.stderr?.resume();
      await untilOn('h1', 'test -e /etc/containerd/config.toml', 120);
      cli.kill('SIGKILL');

      // The worst moment: kubeadm has written what tells of a member, and is not done.
      await untilOn('h1', `${inTheMiddle} && pgrep -f 'kubeadm init'`, 240);
      await kha.killWorker();
      await kha.serve();

      await untilOn('h2', `${inTheMiddle} && pgrep -f 'kubeadm join'`, 240);
      await kha.killServer();
      await kha.serve();

      const { code, stderr, stdout } = await kha.run('status', 'demo', '-w');
      expect(code, stderr + stdout).toBe(0);
    });

    it('has run kubeadm exactly once on each host', async () => {
      const calls = await Promise.all(
        hosts.map(async ({ name }) => [name, await kubeadmCalls(name, 'init'), await kubeadmCalls(name, 'join')]),
      );
      expect(calls).toEqual([
        ['h1', 1, 0],
        ['h2', 0, 1],
        ['h3', 0, 1],
        ['h4', 0, 1],
        ['h5', 0, 1],
      ]);
    });

    it('is healthy by the word of kubectl and etcdctl', () =>
      judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'm2', 'm3', 'w1', 'w2'], 3));

    it('leaves no job, no temporary file and no secret in a memory file system on the hosts', async () => {
      for (const { name } of hosts) {
        expect(await onHost(name, 'find /var/lib/kha/jobs /run/kha -mindepth 1 2>/dev/null || :')).toBe('');
        expect(await onHost(name, "find /etc /usr /opt /var/lib -xdev -name '*kha-new*' 2>/dev/null")).toBe('');
      }
    });

    it('gives a kubeconfig that works from outside', async () => {
      await kha.ok('kubeconfig', 'demo', '--merge');
      const path = join(kha.home, 'kubeconfig');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      // The server must be reachable from here, not only on a node.
      expect(readFileSync(path, 'utf8')).toMatch(/server: https:\/\/10\.88\.0\.1[123]:6443/);
    });

    it('finds nothing to change in a second run, and changes nothing', async () => {
      const before = await Promise.all(hosts.map(({ name }) => stateOf(name)));
      const { code, stderr } = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('nothing to change');
      const after = await Promise.all(hosts.map(({ name }) => stateOf(name)));
      expect(after).toEqual(before);
    });

    it('has no private key, token or password in what Temporal and kha wrote', async () => {
      const secrets = new Set<string>();
      for (const { name } of hosts) {
        const found = await onHost(
          name,
          `cat /etc/kubernetes/pki/*.key /etc/kubernetes/pki/etcd/*.key /var/lib/kubelet/pki/kubelet.key 2>/dev/null | grep -v -- -----
grep -hE '(client-key-data|secret|token): ' /etc/kubernetes/*.conf /etc/kubernetes/pki/secrets-encryption.yaml 2>/dev/null | sed 's/.*: //'`,
        );
        for (const line of found.split('\n')) if (line.length >= 32) secrets.add(line.slice(0, 200));
      }
      expect(secrets.size).toBeGreaterThan(100);
      const written = filesBelow(kha.home).filter((path) => !path.includes('/keys/') && !path.endsWith('/kubeconfig'));
      expect(written.some((path) => path.endsWith('temporal.db'))).toBe(true);
      expect(written.some((path) => path.includes('/store/logs/'))).toBe(true);
      for (const path of written) {
        const text = readFileSync(path, 'latin1');
        expect(text.includes('PRIVATE KEY-----'), path).toBe(false);
        for (const secret of secrets) if (text.includes(secret)) expect.fail(`${path} holds ${secret.slice(0, 8)}…`);
        // Bootstrap tokens, as kubeadm prints and reads them; in a database any run of bytes may look like one.
        if (!/\.db(-|$)/.test(path)) expect(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/.exec(text)?.[0], path).toBeUndefined();
      }
    });

    it('tells every remote command of a task with its exit code and time', async () => {
      const out = await kha.ok('logs', 'demo', 'check-health/m1');
      expect(out).toContain('kubectl get nodes');
    });
  },
);

function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}
