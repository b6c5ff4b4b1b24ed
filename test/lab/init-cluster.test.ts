import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/lab.ts';
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
import { sayFinding } from './secrets/finding.ts';
import { type ProcessSampler, sampleProcesses } from './secrets/sample-processes.ts';
import { scanForSecrets } from './secrets/scan.ts';
import { endSuite } from './suite.ts';

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
    let sampler: ProcessSampler;

    beforeAll(async () => {
      hosts = await freshHosts(5);
      kha = await createKha();
      sampler = sampleProcesses(kha);
      file = writeClusterFile(kha, { hosts, masters: 3, workers: 2 });
      await kha.serve();
    });
    endSuite(() => kha, { first: () => sampler?.stop() });

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

    it('shows no private key, token or password: in what Temporal and kha wrote, in processes, on hosts', async () => {
      const { findings, ...scanned } = await scanForSecrets({ kha, hosts, samples: sampler.stop() });
      expect(findings.map(sayFinding)).toEqual([]);
      // Looked for, and looked at: kubeadm's own arguments among them.
      expect(scanned.secrets).toBeGreaterThan(60);
      expect(scanned.bytes).toBeGreaterThan(10 << 20);
      const programs = new Set(sampler.samples().words.map(({ where, program }) => `${program} of ${where}`));
      expect([...programs]).toEqual(expect.arrayContaining(['temporal of kha', 'kubeadm of h1', 'kubeadm of h5']));
      expect(sampler.samples().tokens.length).toBeGreaterThanOrEqual(5);
    });

    it('tells every remote command of a task with its exit code and time', async () => {
      const out = await kha.ok('logs', 'demo', 'check-health/m1');
      expect(out).toContain('kubectl get nodes');
    });
  },
);
