import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, passwordFile } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { waitUntil } from '../../lab/wait.ts';
import { findHome } from '../../src/home.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { openStore } from '../../src/open-store.ts';
import { createKha, freshHosts, type Kha, onHost, writeClusterFile } from '../lab/kha.ts';
import { declaredFiles, wrongModes } from '../lab/secrets/file-modes.ts';
import { sayFinding } from '../lab/secrets/finding.ts';
import { hostRoots } from '../lab/secrets/host-processes.ts';
import { type ProcessSampler, sampleProcesses } from '../lab/secrets/sample-processes.ts';
import { scanForSecrets } from '../lab/secrets/scan.ts';
import { endSuite } from '../lab/suite.ts';

const reason = whyNoLab();

describe.skipIf(reason !== undefined)(
  `secrets of a cluster that is reached with passwords${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let kha: Kha;
    let hosts: LabHost[];
    let sampler: ProcessSampler;
    const texts: Record<string, string> = {};

    beforeAll(async () => {
      hosts = await freshHosts(2);
      kha = await createKha();
      sampler = sampleProcesses(kha);
      // One password from the encrypted store, the other from a file: pat's password opens ssh and sudo.
      await kha.ok('secret', 'put', 'demo/ssh', '--from-file', passwordFile);
      const file = writeClusterFile(kha, { hosts, masters: 1, workers: 1 }, (text) =>
        text.replace(
          /ssh:\n {2}user: root\n.*\n/,
          `ssh: { user: pat, password: { secret: demo/ssh }, sudo: { password: { file: ${passwordFile} } } }\n`,
        ),
      );
      expect(readFileSync(file, 'utf8')).toContain('user: pat');
      await kha.serve();
      for (const args of [
        ['start-workflow', 'init-cluster', '-f', file, '--verbose'],
        ['logs', 'demo'],
        ['status', 'demo', '-o', 'json'],
        ['plan', 'init-cluster', '--cluster', 'demo', '-o', 'json'],
      ]) {
        const { code, stdout, stderr } = await kha.run(...args);
        expect(code, stderr + stdout).toBe(0);
        texts[`output of kha ${args.join(' ')}`] = stdout + stderr;
      }
    });
    endSuite(() => kha, { first: () => sampler?.stop() });

    it('are shown nowhere', async () => {
      const { findings, ...scanned } = await scanForSecrets({ kha, hosts, samples: sampler.samples(), texts });
      expect(findings.map(sayFinding)).toEqual([]);
      expect(scanned.secrets).toBeGreaterThan(30);
      const programs = new Set(sampler.samples().words.map(({ where, program }) => `${program} of ${where}`));
      expect([...programs]).toEqual(
        expect.arrayContaining(['temporal of kha', 'kubeadm of h1', 'kubeadm of h2', 'sudo of h1', 'etcd of h1']),
      );
    });

    it('lie in files of the modes and owners that the effects declare', async () => {
      const store = await openStore(findHome({ KHA_HOME: kha.home }));
      const recorded = await store.getCluster('demo');
      const cluster = await store.getObject<Cluster>(recorded?.cluster ?? '');
      await store.close();
      const roots = hostRoots();
      for (const { name, address } of cluster.hosts) {
        const root = roots.get(hosts.find((h) => h.address === address)?.name ?? '');
        const declared = declaredFiles(cluster, name);
        expect(declared.filter((file) => file.mode === '600').length).toBeGreaterThan(1);
        expect(wrongModes(root ?? '', declared), name).toEqual([]);
      }
      // As whoever made a mistake would leave it.
      await onHost('h1', 'chmod 640 /etc/kubernetes/pki/ca.key; chown daemon /etc/kubernetes/pki/sa.key');
      expect(wrongModes(roots.get('h1') ?? '', declaredFiles(cluster, 'm1'))).toEqual([
        '/etc/kubernetes/pki/ca.key is 640 root:root, not 600 root:root',
        '/etc/kubernetes/pki/sa.key is 600 daemon:root, not 600 root:root',
      ]);
      await onHost('h1', 'chmod 600 /etc/kubernetes/pki/ca.key; chown root /etc/kubernetes/pki/sa.key');
    });

    it('are found where they are shown', async () => {
      const password = readFileSync(passwordFile, 'utf8').trim();
      const key = (await onHost('h1', 'cat /etc/kubernetes/pki/ca.key')).split('\n').slice(8, 12).join('\n');
      await onHost('h1', `cp /etc/kubernetes/admin.conf /tmp/left; chmod 644 /etc/kubernetes/pki/sa.key`);
      await onHost('h2', `logger -t someone 'the password is ${password}'`);
      const sleeper = onHost('h2', `sh -c 'sleep 3; :' --password ${password}`);
      const isSeen = () => sampler.samples().words.some((w) => w.where === 'h2' && w.text === password);
      expect(await waitUntil(isSeen, 20)).toBe(true);
      await sleeper;
      const { findings } = await scanForSecrets({ kha, hosts, samples: sampler.samples(), texts: { said: key } });
      const places = new Set(findings.map((f) => f.place.replaceAll(/\(\d+\)/g, '')));
      expect([...places]).toEqual(
        expect.arrayContaining(['h1:/tmp/left', 'h1:/etc/kubernetes/pki/sa.key', 'journal of h2', 'said']),
      );
      expect([...places].some((p) => /^process sh {2}of h2, argument \d$/.test(p))).toBe(true);
      for (const finding of findings) expect(sayFinding(finding)).not.toContain(password);
    });
  },
);
