import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { LabHost } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import type { Ended } from '../lab/ended.ts';
import { judgeCluster, type Kha, onHost, untilOn, writeClusterFile } from '../lab/kha.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { standingOf } from '../lab/standing.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';

const reason = whyNoLab();
const VIP = '10.88.0.100';
/** The address of this machine in the lab's network: somebody outside of the cluster. */
const outside = (): string => networkInterfaces()['lab0']?.find((a) => a.family === 'IPv4')?.address ?? '';
const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';
/** What asks on, as clients do: where kubelet of its host asks, again where it got no answer. */
const ASKING = String.raw`while :; do
s=$(sed -n "s/^ *server: *//p" /etc/kubernetes/kubelet.conf)
curl -fsS --noproxy "*" --max-time 1 --cacert /etc/kubernetes/pki/ca.crt -o /dev/null $s/readyz && date +%s%3N >>/run/answered
sleep 0.1
done`;

describe.skipIf(reason !== undefined)(
  `a running cluster goes another way to its API${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let hosts: LabHost[];
    let kha: Kha;
    let found: string[];
    let external: Server | undefined;
    let thisMachine: string;
    const files: Record<'local' | 'virtual' | 'external', string> = { local: '', virtual: '', external: '' };
    const all = ['h1', 'h2', 'h3', 'h4', 'h5'];
    const workers = ['h4', 'h5'];

    const nothingToChange = async (...words: string[]): Promise<void> => {
      const { stderr } = await kha.run('start-workflow', ...words);
      expect(stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    };
    /** Longest time between two answers on each of the workers, since the last call. */
    const gaps = async (what: string): Promise<void> => {
      for (const worker of workers) {
        const times = (await onHost(worker, 'mv /run/answered /run/told; cat /run/told')).split('\n').map(Number);
        const gap = Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time)));
        console.error(`longest gap on ${worker}: ${what}: ${gap} ms of ${(times.at(-1) ?? 0) - (times[0] ?? 0)} ms`);
        expect(gap).toBeLessThanOrEqual(5000);
      }
    };
    const on = (host: string, command: string): Promise<string> => onHost(host, `${command} || :`);
    const server = "sed -n 's/^ *server: //p'";
    /** All that nodes and pods go by names this way and no other. */
    const followed = async (endpoint: string): Promise<void> => {
      const url = `https://${endpoint}`;
      const masters = all.slice(0, 3);
      // Of masters it may ask the API server beside it, as kubeadm has it.
      for (const host of workers)
        expect([host, await on(host, `${server} /etc/kubernetes/kubelet.conf`)]).toEqual([host, url]);
      for (const host of masters) expect(await on(host, `${server} /etc/kubernetes/admin.conf`)).toBe(url);
      expect(await on('h1', `${server} /etc/kubernetes/super-admin.conf`)).toBe(url);
      const map = (namespace: string, name: string) =>
        on('h1', `${kubectl} -n ${namespace} get configmap ${name} -o yaml`);
      expect(await map('kube-public', 'cluster-info')).toContain(`server: ${url}\n`);
      expect(await map('kube-public', 'cluster-info')).toMatch(/jws-kubeconfig|kind: ConfigMap/);
      expect(await map('kube-system', 'kube-proxy')).toContain(`server: ${url}\n`);
      expect(await map('kube-system', 'kubeadm-config')).toContain(`controlPlaneEndpoint: ${endpoint}\n`);
      const [address, port] = endpoint.split(':');
      const flannel = await on('h1', `${kubectl} -n kube-flannel get pods -o yaml`);
      expect(flannel.match(/name: KUBERNETES_SERVICE_HOST\s+value: (\S+)/g)?.length).toBe(5);
      for (const [, value] of flannel.matchAll(/name: KUBERNETES_SERVICE_HOST\s+value: "?([^\s"]+)"?/g))
        expect(value).toBe(address);
      for (const [, value] of flannel.matchAll(/name: KUBERNETES_SERVICE_PORT\s+value: "(\d+)"/g))
        expect(value).toBe(port);
      // kube-proxy has no more connections but those of the way that it was told.
      for (const host of all) {
        const peers = await on(host, "ss -Htnp state established | grep kube-proxy | awk '{print $4}' | sort -u");
        if (peers !== '') expect([host, peers]).toEqual([host, endpoint]);
      }
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'm2', 'm3', 'w1', 'w2'], 3);
    };
    const kept = (host: string): Promise<string> => on(host, 'ls /etc/kubernetes/manifests /etc/kubernetes/kha');
    const killWhen = async (operation: Promise<Ended>, host: string, command: string): Promise<void> => {
      await Promise.race([
        untilOn(host, command, 600),
        operation.then(({ stdout, stderr }) => Promise.reject(new Error(`it ended before: ${stderr}${stdout}`))),
      ]);
      await kha.killWorker();
      await kha.serve();
    };

    beforeAll(async () => {
      hosts = await readyHosts(6);
      thisMachine = outside();
      found = await standingOf('h6');
      kha = await servedKha();
      files.local = writeClusterFile(kha, { hosts: hosts.slice(0, 5), masters: 3, workers: 2 });
      const clusterText = readFileSync(files.local, 'utf8');
      const write = (name: string, change: (document: { hosts: object; loadBalancer: object }) => object): string => {
        const path = join(kha.home, name);
        writeFileSync(path, stringify(change(parse(clusterText))));
        return path;
      };
      const [l1] = hosts.slice(5).map(({ address, hostKey }) => ({ address, ssh: { hostKeys: [hostKey] } }));
      files.virtual = write('virtual.yaml', (document) => ({
        ...document,
        hosts: { ...document.hosts, l1 },
        loadBalancer: {
          ...document.loadBalancer,
          hosts: ['w2', 'l1'],
          address: VIP,
          keepalived: { image: 'docker.io/osixia/keepalived:2.2.7' },
        },
      }));
      files.external = write('external.yaml', (document) => ({
        ...document,
        loadBalancer: { ...document.loadBalancer, mode: 'slb', address: thisMachine, port: 16443 },
      }));
      ends(await kha.run('start-workflow', 'init-cluster', '-f', files.local));
      for (const worker of workers) {
        await onHost(worker, `cat >/run/asking <<'END'\n${ASKING}\nEND\nsystemd-run -q --unit asking sh /run/asking`);
      }
    }, 1_800_000);
    endSuite(() => kha, { first: () => external?.close() });

    it('to a virtual address, on a node and on a host that comes for it, the worker killed in the middle', async () => {
      const refused = await kha.run('start-workflow', 'init-cluster', '-f', files.virtual, '--accept-changes');
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('kha start-workflow configure-load-balancer -f');
      const plan = await kha.ok('plan', 'configure-load-balancer', '-f', files.virtual, '--dry-run');
      expect(plan).toContain(`https://${VIP}:8443`);
      const moving = kha.run('start-workflow', 'configure-load-balancer', '-f', files.virtual, '--accept-host-keys');
      await killWhen(moving, 'h4', `grep -q ${VIP} /etc/kubernetes/kubelet.conf`);
      ends(await moving);
      await gaps('to a virtual address');
      await followed(`${VIP}:8443`);
      for (const host of ['h1', 'h2', 'h3', 'h4']) expect(await kept(host)).not.toMatch(/keepalived|load-balancer/);
      expect(await on('h4', 'crictl pods -q --state ready --label component=kha-load-balancer')).toBe('');
      for (const host of ['h5', 'h6']) expect(await kept(host)).toMatch(/kha-keepalived.*kha-load-balancer/s);
      await nothingToChange('configure-load-balancer', '--cluster', 'demo');
      await nothingToChange('configure-load-balancer', '-f', files.virtual);
      await nothingToChange('init-cluster', '--cluster', 'demo');
    });

    it('back to proxies on all nodes, and the host that was nothing else is as it was found', async () => {
      ends(await kha.run('apply', '-f', files.local, '--yes'));
      await gaps('to proxies on all nodes');
      await followed('127.0.0.1:8443');
      for (const host of all) {
        expect(await kept(host)).not.toContain('keepalived');
        expect(await kept(host)).toContain('kha-load-balancer.yaml');
        expect(await on(host, "ss -Htln 'sport = :8443' | awk '{print $4}' | sort -u")).toBe('127.0.0.1:8443');
        expect(await on(host, `ip -o addr | grep ${VIP}`)).toBe('');
      }
      expect((await on('h1', 'cat /etc/hosts')).includes('l1')).toBe(false);
      const after = await standingOf('h6');
      expect(after.filter((line) => !found.includes(line))).toEqual([]);
      expect((await kha.run('apply', '-f', files.local)).stderr).toContain('Nothing differs');
      await nothingToChange('configure-load-balancer', '--cluster', 'demo');
      await nothingToChange('init-cluster', '--cluster', 'demo');
    });

    it('to a balancer outside, only where it answers, and back', async () => {
      const move = (file: string) =>
        kha.run('start-workflow', 'configure-load-balancer', '-f', file, '--on-failure', 'abort');
      const early = await move(files.external);
      expect(early.code).not.toBe(0);
      expect(early.stderr).toContain(`https://${thisMachine}:16443/readyz`);
      expect(await on('h4', `${server} /etc/kubernetes/kubelet.conf`)).toBe('https://127.0.0.1:8443');
      external = await forwarding(
        thisMachine,
        hosts.slice(0, 3).map((h) => h.address),
      );
      ends(await move(files.external));
      await gaps('to a balancer outside');
      await followed(`${thisMachine}:16443`);
      for (const host of all) expect(await kept(host)).not.toMatch(/keepalived|load-balancer/);
      await nothingToChange('configure-load-balancer', '--cluster', 'demo');

      ends(await move(files.local));
      await gaps('back from it');
      await followed('127.0.0.1:8443');
    });
  },
);

/** A balancer of somebody else: TCP to one master after another. */
async function forwarding(address: string, masters: readonly string[]): Promise<Server> {
  let next = 0;
  const server = createServer((from: Socket) => {
    const to = connect(6443, masters[next++ % masters.length] ?? '');
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(16443, address, resolve));
  return server;
}
