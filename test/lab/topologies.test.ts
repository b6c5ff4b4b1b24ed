import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { envoyVersion } from '../../lab/artifacts/envoy.ts';
import { clusterFile, loadBalancerImages } from '../../lab/cluster-file.ts';
import { type LabHost, labDown, passwordFile, privateKeyFile } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { mirror } from '../../lab/network.ts';
import { createKha, freshHosts, judgeCluster, type Kha, kubeadmCalls, onHost, writeClusterFile } from './kha.ts';

const reason = whyNoLab();
const inventories = fileURLToPath(new URL('../../config/inventory/', import.meta.url));

/** The settings that every cluster on lab hosts has, and kubeadm-ha has no variables for. */
const kubernetesOfLab = (hosts: LabHost[]) => {
  const text = clusterFile({ hosts, masters: 1, workers: 0 });
  return (parse(text) as { kubernetes: Record<string, unknown> & { ignorePreflightErrors: string[] } }).kubernetes;
};

describe.skipIf(reason !== undefined)(`topologies${reason === undefined ? '' : ` (${reason})`}`, () => {
  let kha: Kha;

  beforeEach(async () => {
    kha = await createKha();
  });
  afterEach(() => kha.close());
  afterAll(() => labDown());

  const done = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await kha.run('start-workflow', 'init-cluster', ...args);
    expect(code, stderr + stdout).toBe(0);
    return stderr;
  };

  it('one host that is everything, called by its address, from the files of kubeadm-ha, as a user with sudo', async () => {
    const hosts = await freshHosts(1);
    const address = hosts[0]?.address ?? '';
    const file = (name: string, text: string): string => {
      const path = join(kha.home, name);
      writeFileSync(path, text);
      return path;
    };
    const inventory = file(
      'hosts.allinone.ip.ini',
      readFileSync(join(inventories, 'hosts.allinone.ip.ini'), 'utf8')
        .replaceAll('10.0.0.11', address)
        .replaceAll('ansible_user="root"', `ansible_user="ops" ansible_ssh_private_key_file="${privateKeyFile}"`),
    );
    const variables = file(
      'variables.yaml',
      `${readFileSync(join(inventories, 'variables.yaml'), 'utf8')}
site_mirror: ${mirror.address}
site_registry: "http://{{ site_mirror }}:5000"
skip_verify_node: true
kubernetes_apt_repo: "deb http://{{ site_mirror }}/apt stable main"
containerd_registries:
  registry.k8s.io: "{{ site_registry }}"
  docker.io: "{{ site_registry }}"
  ghcr.io: "{{ site_registry }}"
lb_mode: envoy
envoy_version: ${envoyVersion}
lb_envoy_image: "docker.io/envoyproxy/envoy:v{{ envoy_version }}"
kube_proxy_mode: "{{ 'ipvs' if use_ipvs | bool else 'iptables' }}"
`,
    );
    const { ignorePreflightErrors, ...kubernetes } = kubernetesOfLab(hosts);
    const more = file('more.yaml', stringify({ kubernetes }));
    const source = ['-i', inventory, '-e', `@${variables}`, '-e', 'use_ipvs=false', '-f', more, '--name', 'allinone'];
    await kha.serve();

    const unasked = await kha.run('start-workflow', 'init-cluster', ...source);
    expect(unasked.code, unasked.stderr).toBe(2);
    expect(unasked.stderr).toContain('--accept-host-keys');

    // kubeadm's own checks go by the flag as well.
    await done(...source, '--accept-host-keys', '--ignore-preflight-errors', ignorePreflightErrors.join(','));
    await judgeCluster({ master: 'h1', etcd: 'h1' }, [address], 1);
    expect(await kubeadmCalls('h1', 'init')).toBe(1);
    expect(await onHost('h1', 'cat /etc/containerd/certs.d/ghcr.io/hosts.toml')).toContain('10.88.0.10:5000');
    expect(await onHost('h1', 'curl -sS http://127.0.0.1:8081/statistics')).toMatch(
      /kube_apiserver::[0-9.]+:6443::health_flags::healthy/,
    );

    // What was used stands in the record: neither file is needed again.
    expect(await done('--cluster', 'allinone')).toContain('nothing to change');
  });

  it('one master, etcd on a host of its own and a worker, with passwords, through a bastion; haproxy, then nginx', async () => {
    const [bastion, ...hosts] = (await freshHosts(4)).toReversed();
    const [etcd, worker, master] = hosts;
    if (!bastion || !etcd || !worker || !master) throw new Error('the lab has too few hosts');
    const two = { hosts: [master, worker], masters: 1, workers: 1, name: 'apart' };
    const file = writeClusterFile(kha, { ...two, loadBalancer: 'haproxy' }, (text) => {
      const document = parse(text) as Record<string, object>;
      const jump = { address: bastion.address, user: 'ops', keyFile: privateKeyFile, hostKeys: [bastion.hostKey] };
      return stringify({
        ...document,
        hosts: { ...document['hosts'], e1: { address: etcd.address, ssh: { hostKeys: [etcd.hostKey] } } },
        etcd: ['e1'],
        ssh: { user: 'pat', password: { file: passwordFile }, sudo: { password: { secret: 'apart/sudo' } }, jump },
      });
    });
    await kha.ok('secret', 'put', 'apart/sudo', '--from-file', passwordFile);
    await kha.serve();

    await done('-f', file);
    await judgeCluster({ master: master.name, etcd: etcd.name }, ['m1', 'w1'], 1);
    expect(await kubeadmCalls(master.name, 'init')).toBe(1);
    expect(await kubeadmCalls(worker.name, 'join')).toBe(1);
    expect(await onHost(etcd.name, 'ls /etc/kubernetes/manifests')).toBe('etcd-external.yaml');
    expect(await onHost(etcd.name, 'test ! -e /etc/kubernetes/kubelet.conf && echo no node')).toBe('no node');
    for (const { name } of hosts) {
      const came = await onHost(
        name,
        "journalctl --no-pager -o cat -t sshd | sed -n 's/^Accepted password for pat from \\([^ ]*\\).*/\\1/p' | sort -u",
      );
      expect(came, name).toBe(bastion.address);
    }
    const password = readFileSync(passwordFile, 'utf8').trim();
    const traces = await Promise.all(
      hosts.map(({ name }) => onHost(name, `journalctl --no-pager | grep -cF '${password}' || :`)),
    );
    expect(traces).toEqual(['0', '0', '0']);

    expect(await done('--cluster', 'apart')).toContain('nothing to change');

    // As docs/how-to/load-balancers.md has it.
    const statistics = String.raw`sed -n "s/.*user \(.*\) insecure-password \(.*\)/user = \1:\2/p" /etc/kubernetes/kha/load-balancer/statistics-users.cfg | curl -sS -K - "http://127.0.0.1:8081/statistics;csv" | grep ^ready,m1, | cut -d, -f18,37`;
    expect(await onHost(worker.name, statistics)).toMatch(/^UP,(\* )?L7OK$/);
    // Another program is judged before it takes the place of the one that serves.
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace('mode: haproxy', 'mode: nginx')
        .replace(loadBalancerImages.haproxy, loadBalancerImages.nginx),
    );
    await done('-f', file, '--accept-changes');
    const { tasks } = JSON.parse((await kha.run('status', 'apart', '-o', 'json')).stdout) as {
      tasks: { id: string; startedAt: string; endedAt: string }[];
    };
    const [first, then] = ['m1', 'w1'].map((host) => tasks.find((t) => t.id === `load-balancer/${host}`));
    expect(Date.parse(then?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.endedAt ?? ''));
    expect(await onHost(worker.name, 'curl -sS http://127.0.0.1:8081/configuration')).toMatch(/^nginx\/[0-9a-f]{16}$/);
    expect(await onHost(worker.name, 'cat /etc/kubernetes/kha/load-balancer/accepted-by')).toBe(
      loadBalancerImages.nginx,
    );
    expect(await onHost(worker.name, 'ctr -n k8s.io containers ls -q')).not.toContain('judge');
    expect(await done('--cluster', 'apart')).toContain('nothing to change');
  });

  it.runIf(process.env['KHA_LAB_LONG'])('the former version of Kubernetes', async () => {
    const hosts = await freshHosts(2, ['1.36.3']);
    const file = writeClusterFile(kha, { hosts, masters: 1, workers: 1, name: 'former', kubernetes: '1.36.3' });
    await kha.serve();
    await done('-f', file);
    await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
    expect(await onHost('h1', 'kubelet --version')).toBe('Kubernetes v1.36.3');
    expect(await done('--cluster', 'former')).toContain('nothing to change');
  });
});
