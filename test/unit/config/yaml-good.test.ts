import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadCatalogue, parseCatalogue } from '../../../src/config/catalogue.ts';
import { clusterJsonSchemaText } from '../../../src/config/json-schema.ts';
import { findingsOf, loadTexts, loadYaml } from './load.ts';

describe('a small file becomes a complete cluster', () => {
  test('one host is everything', async () => {
    const { cluster, findings, sources } = await loadYaml('name: demo\nhosts: {m1: 10.0.0.11}\n');
    expect(findings).toEqual([]);
    expect(sources).toEqual(['c.yaml']);
    expect(cluster.roles).toEqual({ masters: ['m1'], workers: ['m1'], etcd: ['m1'], lb: [] });
    expect(cluster.hosts[0]).toEqual({
      name: 'm1',
      address: '10.0.0.11',
      nodeName: 'm1',
      connection: {
        name: 'm1',
        address: '10.0.0.11',
        port: 22,
        user: 'root',
        agent: true,
        sudo: {},
        hostKeys: [],
        jump: [],
      },
    });
    expect(cluster.kubernetes).toMatchObject({
      version: '1.37.2',
      packageVersion: '1.37.2-1.1',
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/16',
      encryption: { enabled: true },
      release: { kubeadmApi: 'v1beta4' },
    });
    expect(cluster.pki.sans).toEqual([]);
    expect(cluster.etcd.image).toBe('registry.k8s.io/etcd:3.7.0-0');
    expect(cluster.dns.image).toBe('registry.k8s.io/coredns/coredns:v1.14.6');
    expect(cluster.runtime.pauseImage).toBe('registry.k8s.io/pause:3.10.2');
  });

  test('workers are those without another role, and etcd is on the masters', async () => {
    const { cluster } = await loadYaml(
      'name: demo\nhosts: {m1: 10.0.0.1, e1: 10.0.0.2, w1: 10.0.0.3, w2: 10.0.0.4}\nmasters: [m1]\netcd: [e1]\n',
    );
    expect(cluster.roles).toEqual({ masters: ['m1'], workers: ['w1', 'w2'], etcd: ['e1'], lb: [] });
  });

  test.each([
    ['etcd: masters', 'a word'],
    ['etcd: [m1]', 'a list'],
    ['etcd: {hosts: [m1]}', 'settings'],
  ])('etcd as %s (%s)', async (line) => {
    const { cluster } = await loadYaml(`name: demo\nhosts: {m1: 10.0.0.1}\n${line}\n`);
    expect(cluster.roles.etcd).toEqual(['m1']);
    expect(cluster.etcd.dataDir).toBe('/var/lib/etcd');
  });

  test('a host says otherwise than the defaults, and bastions inherit the key', async () => {
    const { cluster } = await loadYaml(`name: demo
ssh: {user: ops, keyFile: ~/.ssh/id, sudo: {password: {env: PW}}, jump: "hop@bastion.example.com:2200"}
hosts:
  m1: 10.0.0.1
  m2: {address: 10.0.0.2, ssh: {user: root, port: 2222, jump: []}}
masters: [m1]
`);
    expect(cluster.hosts[0]?.connection).toEqual({
      name: 'm1',
      address: '10.0.0.1',
      port: 22,
      user: 'ops',
      keyFile: '~/.ssh/id',
      agent: false,
      sudo: { password: { env: 'PW' } },
      hostKeys: [],
      jump: [
        {
          name: 'bastion.example.com',
          address: 'bastion.example.com',
          port: 2200,
          user: 'hop',
          keyFile: '~/.ssh/id',
          agent: false,
          sudo: {},
          hostKeys: [],
          jump: [],
        },
      ],
    });
    expect(cluster.hosts[1]?.connection).toMatchObject({ user: 'root', port: 2222, jump: [] });
  });

  test('an entry of ~/.ssh/config gives address, user, port and bastions', async () => {
    const { cluster } = await loadYaml('name: demo\nhosts: {m1: {ssh: {config: prod-m1}}}\n', {
      resolveSshConfig: async (alias: string) =>
        alias === 'prod-m1' ? { address: '10.1.1.1', user: 'ops', port: 2222, jump: ['b.example.com'] } : undefined,
    });
    expect(cluster.hosts[0]).toMatchObject({
      address: '10.1.1.1',
      connection: { address: '10.1.1.1', user: 'ops', port: 2222, jump: [{ address: 'b.example.com', user: 'root' }] },
    });
    expect(await findingsOf(loadYaml('name: demo\nhosts: {m1: {ssh: {config: prod-m1}}}\n'))).toEqual([
      '2:28 error: ~/.ssh/config has no entry prod-m1. → Give the address here, or add the entry.',
    ]);
  });

  test('one mirror moves every image, and an image of its own wins', async () => {
    const { cluster } = await loadYaml(`name: demo
hosts: {m1: 10.0.0.1}
images: {repository: registry.example.com:5000/k8s}
network: {flannel: {image: other.example.com/flannel:v1}}
`);
    expect([
      cluster.kubernetes.imageRepository,
      cluster.etcd.image,
      cluster.dns.image,
      cluster.runtime.pauseImage,
      cluster.network.flannel.image,
      cluster.network.flannel.cniPluginImage,
    ]).toEqual([
      'registry.example.com:5000/k8s',
      'registry.example.com:5000/k8s/etcd:3.7.0-0',
      'registry.example.com:5000/k8s/coredns:v1.14.6',
      'registry.example.com:5000/k8s/pause:3.10.2',
      'other.example.com/flannel:v1',
      'registry.example.com:5000/k8s/flannel-cni-plugin:v1.9.1-flannel3',
    ]);
    expect(cluster.loadBalancer.image).toMatch(/^registry\.example\.com:5000\/k8s\/nginx:/);
  });

  test('registries are URLs, lists or settings', async () => {
    const { cluster } = await loadYaml(`name: demo
hosts: {m1: 10.0.0.1}
runtime:
  registries:
    docker.io: https://a.example.com
    quay.io: [https://b.example.com, https://c.example.com]
    ghcr.io: {endpoints: [https://d.example.com], caFile: /etc/ssl/d.pem}
`);
    expect(cluster.runtime.registries).toEqual([
      { name: 'docker.io', endpoints: ['https://a.example.com'], insecure: false },
      { name: 'quay.io', endpoints: ['https://b.example.com', 'https://c.example.com'], insecure: false },
      { name: 'ghcr.io', endpoints: ['https://d.example.com'], insecure: false, caFile: '/etc/ssl/d.pem' },
    ]);
  });

  test('without repositories: pkgs.k8s.io; an empty list: what the hosts have', async () => {
    const { cluster } = await loadYaml('name: demo\nhosts: {m1: 10.0.0.1}\nkubernetes: {version: 1.36.3}\n');
    expect(cluster.packages.repositories.map((r) => [r.kind, r.url])).toEqual([
      ['apt', 'https://pkgs.k8s.io/core:/stable:/v1.36/deb/'],
      ['yum', 'https://pkgs.k8s.io/core:/stable:/v1.36/rpm/'],
    ]);
    const own = await loadYaml('name: demo\nhosts: {m1: 10.0.0.1}\npackages: {repositories: []}\n');
    expect(own.cluster.packages.repositories).toEqual([]);
  });

  test('a later file wins, map by map, and has the places', async () => {
    const texts = {
      'a.yaml': 'name: demo\nhosts: {m1: 10.0.0.1}\nkubernetes: {maxPods: 50, podSubnet: 10.1.0.0/16}\n',
      'b.yaml': 'kubernetes: {maxPods: 0}\n',
    };
    const error = await loadTexts(texts).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'KHA2001',
      findings: [{ place: { file: 'b.yaml', line: 1, column: 23 }, path: 'kubernetes.maxPods' }],
    });
    const good = await loadTexts({ ...texts, 'b.yaml': 'kubernetes: {maxPods: 60}\n' });
    expect(good.cluster.kubernetes).toMatchObject({ maxPods: 60, podSubnet: '10.1.0.0/16' });
  });

  test('a file that is not there', async () => {
    await expect(loadTexts({}, { files: ['no.yaml'] })).rejects.toMatchObject({
      code: 'KHA2002',
      message: "Can't read no.yaml: there is no such file.",
    });
  });
});

describe('what is in config/', () => {
  const text = readFileSync('config/cluster.example.yaml', 'utf8');

  test('the example loads without a word', async () => {
    expect(await findingsOf(loadYaml(text))).toEqual([]);
  });

  test('the example says the true defaults', async () => {
    const { cluster } = await loadYaml(text);
    const plain = await loadYaml(
      text
        .split('\n')
        .slice(
          0,
          text.split('\n').findIndex((l) => l.startsWith('nodeNames')),
        )
        .join('\n'),
    );
    expect(cluster).toEqual(plain.cluster);
  });

  test('what is commented out in the example is understood', async () => {
    const lines = text.split('\n').map((line) => line.replace(/^(\s*)# ([a-zA-Z]+: [^#]*)(#.*)?$/, '$1$2'));
    const kept = lines.filter((line, i) => {
      const key = /^(\s*)([a-zA-Z]+):/.exec(line);
      return !key || lines.findIndex((other) => other.startsWith(`${key[1]}${key[2]}:`)) === i || key[1] !== '';
    });
    const findings = await findingsOf(loadYaml(kept.join('\n')).catch((e: unknown) => Promise.reject(e)));
    expect(findings.filter((f) => /Unknown setting|must be/.test(f))).toEqual([]);
  });

  test('the JSON Schema is the one of the code', () => {
    expect(readFileSync('config/cluster.schema.json', 'utf8')).toBe(clusterJsonSchemaText());
  });

  test('the catalogue has every minor from 1.20 to 1.37 and what kubeadm asks for', () => {
    const { releases } = loadCatalogue();
    expect(Object.keys(releases).length).toBe(18);
    expect(releases['1.37']).toMatchObject({
      kubeadmApi: 'v1beta4',
      etcdTag: '3.7.0-0',
      coreDnsTag: 'v1.14.6',
      pauseTag: '3.10.2',
    });
    expect(releases['1.36']).toMatchObject({ kubeadmApi: 'v1beta4', etcdTag: '3.6.8-0', coreDnsTag: 'v1.14.2' });
    expect(releases['1.30']).toMatchObject({ kubeadmApi: 'v1beta3', etcdTag: '3.5.15-0' });
    expect(releases['1.20']).toMatchObject({
      kubeadmApi: 'v1beta2',
      etcdTag: '3.4.13-0',
      coreDnsTag: '1.7.0',
      pauseTag: '3.2',
    });
  });

  test('a damaged catalogue is a defect of kha', () => {
    expect(() => parseCatalogue('default: 1.2.3\nreleases: {}\n')).toThrow(/is damaged/);
  });
});
