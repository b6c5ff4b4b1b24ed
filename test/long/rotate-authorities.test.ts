import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { createRandom } from '../chaos/random.ts';
import type { Ended } from '../lab/ended.ts';
import { freshHosts, judgeCluster, type Kha, kubectl, onHost, untilOn, writeClusterFile } from '../lab/kha.ts';
import { seed } from '../lab/seed.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';
import { administratorOf } from './administrator.ts';
import { startWriter, type Writer } from './writer.ts';

const reason = whyNoLab();
const HOSTS = ['h1', 'h2', 'h3', 'h4'];
const CAS = ['ca', 'front-proxy-ca', 'etcd/ca'];
/** Steps of one stage of the operation have its name first. */
const STAGES = [
  'sign-apart',
  'trust-both',
  'tell-of-new-authorities',
  'issue-anew',
  'trust-new',
  'sign-as-before',
  'tell-of-authorities',
];
/** Stages that take a minute and more: all hosts of the control plane start anew in them. */
const LONG = ['trust-both', 'issue-anew', 'trust-new'];

/** Doors that a certificate of an authority opens: its files under pki/, and what to ask for with it on the first master. */
const DOORS = [
  ['as an administrator', 'admin', 'https://10.88.0.11:6443/api/v1/namespaces'],
  ['as the API server to kubelet', 'apiserver-kubelet-client', 'https://10.88.0.14:10250/healthz'],
  [
    'as the front proxy of anybody',
    'front-proxy-client',
    'https://10.88.0.11:6443/api/v1/namespaces',
    '-H "X-Remote-User: kubernetes-admin" -H "X-Remote-Group: system:masters"',
  ],
  ['as a client of etcd', 'etcd/healthcheck-client', 'https://10.88.0.11:2379/health'],
] as const;

interface Item {
  metadata: { host: string; name: string };
  state: string;
  file?: { issuer?: string; commonName?: string; isCa?: boolean };
}

describe.skipIf(reason !== undefined)(
  `other authorities for a running cluster${reason === undefined ? `, seed ${seed}` : ` (${reason})`}`,
  () => {
    let hosts: LabHost[];
    let kha: Kha;
    let writer: Writer;
    /** Doors, before. */
    let opened: string[];
    const following = { on: true };
    const random = createRandom(seed);
    const rotate = (): Promise<Ended> =>
      kha.run('start-workflow', 'renew-certificates', '--rotate-ca', '--cluster', 'demo', '--detach');
    const look = async (): Promise<Item[]> =>
      (JSON.parse((await kha.run('get', 'certificates', 'demo', '-o', 'json')).stdout) as { items: Item[] }).items;

    /** As any client whose credential is replaced: the writer takes that which admin.conf has, at once whole. */
    const follow = async (): Promise<void> => {
      let last = '';
      while (following.on) {
        try {
          const admin = await administratorOf('h1');
          if (admin.cert !== last) await writer.follow(admin);
          last = admin.cert;
        } catch {
          // The next time.
        }
        await sleep(1_000);
      }
    };
    /** The state of the operation, and the stages that run; nothing where Temporal does not answer just now. */
    const status = async (): Promise<{ state?: string; stages: string[] }> => {
      const { stdout } = await kha.run('status', 'demo', '-o', 'json');
      try {
        const { state, tasks = [] } = JSON.parse(stdout) as {
          state: string;
          tasks?: { step: string; state: string }[];
        };
        const steps = tasks.filter((t) => t.state === 'running').map((t) => t.step);
        const parked = tasks.filter((t) => t.state === 'parked').map((t) => t.step);
        if (parked.length > 0) throw new Error(`parked: ${parked.join(', ')}`);
        return { state, stages: steps.map((id) => id.replace(/-(kubelets|control-plane)$/, '')) };
      } catch (error) {
        if (error instanceof SyntaxError) return { stages: [] };
        throw error;
      }
    };
    /** kha's worker dies at a random moment of each stage, in one of them Temporal too, until the operation is over. */
    const survives = async (): Promise<string[]> => {
      const died: string[] = [];
      const ofServer = random.pick(LONG);
      for (const end = Date.now() + 1_500_000; ; await sleep(700)) {
        const { state, stages } = await status();
        if (state !== undefined && state !== 'running') {
          expect(state).toBe('completed');
          return died;
        }
        if (Date.now() > end) throw new Error('it is not over after 25 minutes');
        const stage = stages.find((s) => STAGES.includes(s) && !died.includes(s));
        if (stage === undefined) continue;
        await sleep(random.int(0, LONG.includes(stage) ? 30_000 : 1_500));
        await (stage === ofServer ? kha.killServer() : kha.killWorker());
        await kha.serve();
        await kha.untilServing();
        died.push(stage);
        console.error(`killed in ${stage}${stage === ofServer ? ', and Temporal too' : ''} (seed ${seed})`);
      }
    };
    /** What a server says to who shows the certificate of a folder: the status of HTTP, 000 where he is not even heard. */
    const knock = async (folder: string): Promise<string[]> =>
      Promise.all(
        DOORS.map(async ([what, name, url, more = '']) => {
          const pair = `--cert ${folder}/${name}.crt --key ${folder}/${name}.key`;
          const ask = `curl -ks --noproxy '*' --max-time 10 -o /dev/null -w '%{http_code}' ${pair} ${more} ${url} || :`;
          return `${what}: ${await onHost('h1', ask)}`;
        }),
      );
    /** All of pki/, and the certificate inside of admin.conf beside it. */
    const copyPki = (folder: string): Promise<string> =>
      onHost(
        'h1',
        `cp -r /etc/kubernetes/pki ${folder}; for f in certificate:crt key:key; do sed -n "s/^ *client-\${f%:*}-data: *//p" /etc/kubernetes/admin.conf | base64 -d >${folder}/admin.\${f#*:}; done`,
      );
    const allOf = async (generation: string): Promise<void> => {
      const items = await look();
      expect(
        items.filter((i) => i.state !== 'good').map((i) => `${i.metadata.host}/${i.metadata.name}: ${i.state}`),
      ).toEqual([]);
      const own = items.filter((i) => i.file?.issuer !== undefined);
      expect(own.length).toBeGreaterThan(50);
      expect([...new Set(own.map((i) => i.file?.issuer ?? ''))].sort((a, b) => a.localeCompare(b))).toEqual(
        ['etcd-ca', 'front-proxy-ca', 'kubernetes'].map((name) => `${name}${generation}`),
      );
      for (const host of HOSTS)
        expect(await onHost(host, 'cd /etc/kubernetes/pki; grep -c BEGIN ca.crt; ls | grep kha || :')).toBe('1');
      expect(
        await onHost('h1', 'grep -h cluster-signing /etc/kubernetes/manifests/kube-controller-manager.yaml'),
      ).toMatch(/ca\.crt\s[^]*ca\.key/);
      const pods = await onHost(
        'h1',
        `${kubectl} -n default get configmap kube-root-ca.crt -o 'jsonpath={.data.ca\\.crt}'`,
      );
      expect(pods.trim()).toBe(await onHost('h4', 'cat /etc/kubernetes/pki/ca.crt'));
      expect(await onHost('h1', `${kubectl} -n kube-public get configmap cluster-info -o yaml`)).toContain(
        await onHost('h4', 'base64 -w0 </etc/kubernetes/pki/ca.crt'),
      );
      await untilOn('h1', `! ${kubectl} get pods -A --no-headers | grep -vE 'Running|Completed'`, 180);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'm2', 'm3', 'w1'], 3);
    };

    beforeAll(async () => {
      hosts = await freshHosts(4);
      kha = await servedKha();
      const file = writeClusterFile(kha, { hosts, masters: 3, workers: 1 });
      ends(await kha.run('start-workflow', 'init-cluster', '-f', file));
      await copyPki('/root/old');
      opened = await knock('/root/old');
      writer = await startWriter('h4', 'h1');
    }, 900_000);
    endSuite(() => kha, {
      shows: [['get', 'certificates', 'demo']],
      first: () => {
        following.on = false;
      },
    });

    it('the API answers all the while, whoever dies meanwhile', async () => {
      const followed = follow();
      await writer.longestGap();
      ends(await rotate());
      const died = await survives();
      const gap = await writer.longestGap();
      console.error(`longest gap: ${gap} ms (seed ${seed})`);
      expect(gap).toBeLessThanOrEqual(5_000);
      following.on = false;
      await followed;
      const { acknowledged, lost } = await writer.end();
      expect(lost).toEqual([]);
      expect(acknowledged).toBeGreaterThan(100);
      expect(died).toEqual(expect.arrayContaining(LONG));
      expect(died.length).toBeGreaterThanOrEqual(5);
      await allOf('-2');
      expect(opened).toEqual(DOORS.map(([what]) => `${what}: 200`));
      await copyPki('/root/new');
      expect(await knock('/root/new')).toEqual(DOORS.map(([what]) => `${what}: 200`));
      for (const said of await knock('/root/old')) expect(said).toMatch(/: (401|000)$/);
      const extensions = await onHost(
        'h1',
        `${kubectl} -n kube-system get configmap extension-apiserver-authentication -o yaml`,
      );
      for (const ca of CAS.slice(0, 2)) {
        const bodyOf = async (folder: string): Promise<string> =>
          (await onHost('h1', `sed -n 2p ${folder}/${ca}.crt`)).trim();
        expect(extensions).toContain(await bodyOf('/root/new'));
        expect(extensions).not.toContain(await bodyOf('/root/old'));
      }
      // Who trusts the old authority alone, as a pod of before does, still believes the API servers.
      for (const { address } of hosts.slice(0, 3))
        await onHost('h1', `curl -fsS --noproxy '*' --cacert /root/old/ca.crt https://${address}:6443/readyz`);
      const renewed = await kha.run('start-workflow', 'renew-certificates', '--cluster', 'demo');
      expect(renewed.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
      const again = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(again.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    });
  },
);
