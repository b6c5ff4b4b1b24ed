import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { CONNECTION_VARIABLES } from '../../../src/config/ansible/connection.ts';
import { SEED_VARIABLES } from '../../../src/config/ansible/seed-variables.ts';
import { findingsOf, loadIni, loadTexts, loadYaml } from './load.ts';

const INI =
  '[all]\nm1 ansible_host=10.0.0.1\n[etcd]\nm1\n[kube-master]\nm1\n[kube-worker]\nm1\n[all:vars]\nkube_version="1.37.2"\n';
const ini = (lines: string): string => `${INI}${lines}\n`;

const TOPOLOGIES: Record<string, (host: (n: number) => string) => string> = {
  allinone: (h) => `hosts: {${h(1)}: 10.0.0.11}`,
  's-master': (h) => `hosts: {${h(1)}: 10.0.0.11, ${h(2)}: 10.0.0.12, ${h(3)}: 10.0.0.13, ${h(4)}: 10.0.0.14}
masters: [${h(1)}]
etcd: [${h(2)}, ${h(3)}, ${h(4)}]
workers: [${h(2)}, ${h(3)}, ${h(4)}]`,
  'm-master': (h) => `hosts: {${h(1)}: 10.0.0.11, ${h(2)}: 10.0.0.12, ${h(3)}: 10.0.0.13, ${h(4)}: 10.0.0.14}
masters: [${h(1)}, ${h(2)}, ${h(3)}]
workers: [${h(1)}, ${h(2)}, ${h(3)}, ${h(4)}]`,
};

describe('the six topologies are what their YAML twins are', () => {
  test.each(Object.keys(TOPOLOGIES).flatMap((t) => [[t, 'ip'] as const, [t, 'hostname'] as const]))(
    '%s.%s',
    async (topology, style) => {
      const inventory = readFileSync(`config/inventory/hosts.${topology}.${style}.ini`, 'utf8');
      const variables = readFileSync('config/inventory/variables.yaml', 'utf8');
      const host = (n: number): string => (style === 'ip' ? `10.0.0.${10 + n}` : `node${n}`);
      const twin = await loadYaml(`name: demo
nodeNames: ${style === 'ip' ? 'address' : 'hostname'}
${TOPOLOGIES[topology]?.(host)}
kubernetes: {version: 1.37.2, podSubnet: 10.244.0.0/18, serviceSubnet: 10.244.64.0/18, encryption: {algorithm: aescbc}}
`);
      const loaded = await loadIni(inventory, variables, { name: 'demo' });
      expect(loaded.findings).toEqual([]);
      expect(loaded.cluster).toEqual(twin.cluster);
      expect(loaded.sources).toEqual(['hosts.ini', 'vars.yaml']);
    },
  );
});

describe('variables', () => {
  test('every commented line of variables.yaml is understood when it is uncommented', async () => {
    const text = readFileSync('config/inventory/variables.yaml', 'utf8');
    const settings = text
      .split('\n')
      .filter((line) => /^#( [a-z_]+:|   - )/.test(line))
      .map((line) => line.slice(2))
      .filter((line) => !/^(lb_kube_apiserver_ip|kube_version):/.test(line));
    const names = Object.keys(parse(settings.join('\n')) as object);
    expect(names.length).toBeGreaterThan(80);
    for (const name of names) expect(SEED_VARIABLES, name).toHaveProperty(name);
    // The seed knows no checksums, and is warned for it.
    const found = await findingsOf(loadIni(INI, settings.join('\n')));
    expect(found.filter((line) => !line.includes('has no checksum'))).toEqual([]);
  });

  test('every variable that has an effect stands in variables.yaml', () => {
    const text = readFileSync('config/inventory/variables.yaml', 'utf8');
    const silent = Object.entries(SEED_VARIABLES).filter(([name, variable]) => {
      const outcomes = variable.convert('x', () => undefined);
      return outcomes.some((o) => 'set' in o) && !new RegExp(`^# ${name}:`, 'm').test(text);
    });
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test.each<[string, string, unknown]>([
    ['timezone: Asia/Tokyo', 'system.timezone', 'Asia/Tokyo'],
    ['firewalld_disabled: "no"', 'system.disableFirewall', false],
    ['custom_hosts: {10.0.0.5: [a.b]}', 'system.hosts', { '10.0.0.5': ['a.b'] }],
    ['skip_verify_node: true', 'preflight.minMasterMemoryMiB', 0],
    ['no_proxy: "10.0.0.0/8, .x"', 'proxy.no', ['10.0.0.0/8', '.x']],
    ['containerd_version: 1.7.1-1', 'runtime.packageName', 'containerd.io'],
    ['containerd_version: 1.7.1-1', 'runtime.packageVersion', '1.7.1-1'],
    [
      'kernel_ubuntu: [https://m.example.com/linux-image-5.4.95-1-generic_5.4.95_amd64.deb]\nlinux_base: [https://m.example.com/linux-base_4.6_all.deb]',
      'kernel.files',
      [
        { url: 'https://m.example.com/linux-image-5.4.95-1-generic_5.4.95_amd64.deb' },
        { url: 'https://m.example.com/linux-base_4.6_all.deb' },
      ],
    ],
    ['etcd_certs_expired: "100"', 'pki.etcdLeafDays', 100],
    [
      'kube_certs_expired: 3650\nkube_ca_certs_expired: 36500',
      'pki',
      { caDays: 36500, leafDays: 3650, etcdCaDays: 36500, etcdLeafDays: 3650, keySize: 2048, sans: [] },
    ],
    ['lb_kube_apiserver_port: "9443"', 'loadBalancer.port', 9443],
    ['kube_cni_version: 1.8.0', 'kubernetes.cniPackageVersion', '1.8.0-1.1'],
    ['kube_image_repository: r.example.com/x/', 'etcd.image', 'r.example.com/x/etcd:3.7.0-0'],
    ['kube_master_external_ip: [1.2.3.4]\nkube_master_external_domain: [a.b]', 'pki.sans', ['1.2.3.4', 'a.b']],
    [
      'system_reserved_enabled: true\nsystem_cpu_reserved: 1',
      'kubernetes.systemReserved',
      { cpu: '1', memory: '512M', 'ephemeral-storage': '10G' },
    ],
    [
      'eviction_hard_nodefs_inodes_free: 7%',
      'kubernetes.eviction',
      { 'memory.available': '100Mi', 'nodefs.available': '10%', 'nodefs.inodesFree': '7%', 'imagefs.available': '15%' },
    ],
    ['audit_log_hostpath: /a/', 'kubernetes.audit.logPath', '/a/audit.log'],
    ['audit_policy_custom_rules: |\n  - level: None', 'kubernetes.audit.rules', [{ level: 'None' }]],
    [
      'kube_kubeadm_apiserver_extra_args: {runtime-config: api/all=true}',
      'kubernetes.extraArgs.apiServer',
      { 'runtime-config': 'api/all=true' },
    ],
    [
      'apiserver_extra_volumes: {v: {hostPath: /a, mountPath: /b}}',
      'kubernetes.extraVolumes.apiServer',
      [{ name: 'v', hostPath: '/a', mountPath: '/b' }],
    ],
    ['network_plugins_enabled: false\nnetwork_plugin: calico', 'network.plugin', 'none'],
    [
      'containerd_registries: {docker.io: "https://m.example.com"}',
      'runtime.registries',
      [{ name: 'docker.io', endpoints: ['https://m.example.com'], insecure: false }],
    ],
    [
      'docker_apt_repo: "deb [arch=amd64 trusted=yes] https://d.example.com/debian bookworm stable edge"\nkubernetes_yum_repo: https://k.example.com/rpm/',
      'packages.repositories',
      [
        {
          name: 'docker-apt',
          kind: 'apt',
          url: 'https://d.example.com/debian',
          suite: 'bookworm',
          components: ['stable', 'edge'],
        },
        { name: 'kubernetes-yum', kind: 'yum', url: 'https://k.example.com/rpm/', suite: './', components: [] },
      ],
    ],
    [
      'site: s.example.com\nkube_image_repository: "{{ site }}/k8s"\npod_infra_container_image: "{{ kube_image_repository }}/pause:1"',
      'runtime.pauseImage',
      's.example.com/k8s/pause:1',
    ],
    [
      "etcd_image: \"{{ kube_image_repository }}/etcd:{{ '3.7.0' ~ '-0' }}\"",
      'etcd.image',
      'registry.aliyuncs.com/kubeadm-ha/etcd:3.7.0-0',
    ],
    ['timezone: "{{ hostvars[groups[\'kube-master\'][0]].ansible_host }}"\nlb_mode: nginx', 'system', undefined],
  ])('%s', async (variables, path, expected) => {
    const loading = loadIni(INI, variables);
    if (expected === undefined) return expect(await findingsOf(loading)).toHaveLength(1);
    const { cluster } = await loading;
    const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], cluster);
    expect(value).toEqual(expected);
  });

  test('variables.yaml wins over the inventory, and the last of -e over both', async () => {
    const texts = {
      'h.ini': ini('kube_max_pods="50"\nkube_dns_domain="a.b"'),
      'v.yaml': 'kube_max_pods: 60\nkube_dns_domain: c.d\n',
    };
    const { cluster } = await loadTexts(texts, {
      inventory: 'h.ini',
      extraVars: ['@v.yaml', "kube_max_pods=70 lb_mode='nginx'"],
    });
    expect([cluster.kubernetes.maxPods, cluster.kubernetes.dnsDomain]).toEqual([70, 'c.d']);
  });

  test('a cluster file beside an inventory says what it has no variable for, and wins', async () => {
    const texts = {
      'h.ini': ini('kube_max_pods="50"\netcd_data_dir="/data/etcd"'),
      'more.yaml':
        'name: other\nkubernetes: {maxPods: 60, kubeletConfiguration: {failCgroupV1: false}}\netcd: {quotaBytes: 1073741824}\n',
    };
    const { cluster, sources } = await loadTexts(texts, { inventory: 'h.ini', files: ['more.yaml'], name: 'demo' });
    expect(cluster).toMatchObject({
      name: 'demo',
      kubernetes: { maxPods: 60, kubeletConfiguration: { failCgroupV1: false } },
      etcd: { dataDir: '/data/etcd', quotaBytes: 1073741824 },
    });
    expect(sources).toEqual(['h.ini', 'more.yaml']);
    const wrong = loadTexts(
      { ...texts, 'more.yaml': 'kubernetes: {maxPods: many}\n' },
      { inventory: 'h.ini', files: ['more.yaml'] },
    );
    expect((await findingsOf(wrong))[0]).toMatch(/^1:23 error: /);
  });

  test("what is silent in an inventory is the seed's where it is part of the cluster's identity", async () => {
    const { cluster } = await loadIni(INI);
    expect(cluster.kubernetes).toMatchObject({
      podSubnet: '10.244.0.0/18',
      serviceSubnet: '10.244.64.0/18',
      encryption: { algorithm: 'aescbc' },
    });
  });

  test.each<[string, string[]]>([
    [
      'kube_pod_sbunet: 10.1.0.0/16',
      ['1:1 warning: The variable kube_pod_sbunet is unknown, and nothing uses it. → Did you mean kube_pod_subnet?'],
    ],
    [
      'site: x',
      ['1:1 warning: The variable site is unknown, and nothing uses it. → Take it out, or correct its name.'],
    ],
    [
      'docker_version: 20.10.24',
      [
        '1:1 warning: docker_version: It is about Docker; kha runs containers with containerd. → Leave it or take it out; kha does without.',
      ],
    ],
    [
      'container_manager: docker',
      [
        '1:1 error: container_manager: kha runs containers with containerd, not with Docker. → Set container_manager=containerd.',
      ],
    ],
    [
      'kubeadm_token: abcdef.0123456789abcdef',
      [
        '1:1 warning: kubeadm_token: It is ignored: kha makes bootstrap tokens of its own, which live for minutes and are pinned to the CA. → Take it out of the file; whoever knows a token that never ends can join the cluster.',
      ],
    ],
    [
      'kube_encrypt_token: x',
      [
        '1:1 warning: kube_encrypt_token: It is ignored: kha makes a random key for each cluster and keeps it in the encrypted store. → Take it out of the file; the one of the examples is public.',
      ],
    ],
    [
      'lb_keepalived_password: d0cker',
      [
        '1:1 warning: lb_keepalived_password: It is ignored: kha makes a password for each cluster and keeps it in the encrypted store. → Take it out of the file; the one of the examples is public.',
      ],
    ],
    [
      'kube_master_external_ip: [8.8.8.8]',
      [
        "1:1 warning: kube_master_external_ip: The seed's placeholder 8.8.8.8 is not put into the API server's certificate: it belongs to somebody else. → Take it out of the file.",
      ],
    ],
    [
      'network_plugin: calico',
      ['1:17 error: This version of kha has no network calico yet. → Choose one of: flannel, none.'],
    ],
    [
      'metrics_server_enabled: true',
      [
        '1:25 warning: The add-on metricsServer has no effect in this version of kha yet. → Install it yourself when the cluster is ready.',
      ],
    ],
    ['kube_max_pods: many', ['1:16 error: `kubernetes.maxPods` must be a whole number from 1 to 65535; it is "many".']],
    [
      'kube_dns_domain: "{{ kube_dns_domain }}"',
      [
        '1:1 error: The variable kube_dns_domain refers to itself: kube_dns_domain → kube_dns_domain. → Write the value itself into one of them.',
      ],
    ],
    [
      "timezone: \"x{{ lookup('env', 'TZ') }}\"",
      [
        '1:16 error: kha does not run lookup(): what it finds depends on the machine, and the cluster is recorded once for all. → Write the value itself. Passwords go to `kha secret put`, or into a cluster file as {env: NAME}.',
      ],
    ],
    [
      'docker_apt_repo: "deb https://x/{{ ansible_distribution | lower }} y"',
      [
        '1:36 error: ansible_distribution is a fact of each host, which is not known when the file is read. → Write what it comes to on your hosts.',
      ],
    ],
    [
      'timezone: !vault |\n  $ANSIBLE_VAULT;1.1;AES256',
      [
        '1:11 error: The value is encrypted with Ansible Vault, which kha does not read. → Keep the secret with `kha secret put`, and take the variable out of the file.',
      ],
    ],
    ['- a', ['1:1 error: The file is not a map of variables. → Write `name: value`, one a line.']],
  ])('%s', async (variables, expected) => {
    expect(await findingsOf(loadIni(INI, variables))).toEqual(expected);
  });

  test('one cluster has one value', async () => {
    const text =
      `${INI.replace('m1 ansible_host=10.0.0.1', 'm1 ansible_host=10.0.0.1\nw1 ansible_host=10.0.0.2 kube_max_pods=20')}kube_max_pods=110\n`.replace(
        '[kube-worker]\nm1',
        '[kube-worker]\nw1',
      );
    expect(await findingsOf(loadIni(text))).toEqual([
      '3:26 error: kube_max_pods has another value for host w1 than for m1; kha has one for the whole cluster. → Set it once, in [all:vars].',
    ]);
  });
});

describe('hosts', () => {
  test('passwords go to the store, never into the cluster', async () => {
    const text = `[all]
m1 ansible_host=10.0.0.1 ansible_ssh_pass="hunter2" ansible_user=ops
w[1:2] ansible_ssh_pass=other
[w]
w1 ansible_host=10.0.0.2
w2 ansible_host=10.0.0.3
[etcd]
m1
[kube-master]
m1
[kube-worker:children]
w
[all:vars]
ansible_become_pass='root pw'
lb_keepalived_password=s3cret
`;
    const { cluster, secrets, findings } = await loadIni(text, undefined, { name: 'demo' });
    expect(JSON.stringify(cluster)).not.toMatch(/hunter2|other|root pw|s3cret/);
    expect(secrets).toEqual([
      { name: 'demo/ssh-password/m1', value: 'hunter2' },
      { name: 'demo/sudo-password/all', value: 'root pw' },
      { name: 'demo/ssh-password/w1', value: 'other' },
      { name: 'demo/ssh-password/w2', value: 'other' },
    ]);
    expect(cluster.hosts[0]?.connection).toMatchObject({
      user: 'ops',
      agent: false,
      password: { secret: 'demo/ssh-password/m1' },
      sudo: { password: { secret: 'demo/sudo-password/all' } },
    });
    expect(findings.map((f) => f.message)).toEqual([
      'lb_keepalived_password: It is ignored: kha makes a password for each cluster and keeps it in the encrypted store.',
    ]);
  });

  test('bastions, keys, ports and aliases', async () => {
    const text = INI.replace(
      'm1 ansible_host=10.0.0.1',
      `m1 ansible_host=prod ansible_ssh_private_key_file=~/k ansible_ssh_common_args='-o ProxyJump=ops@b1,b2:22'`,
    );
    const { cluster } = await loadIni(text, undefined, {
      resolveSshConfig: async () => ({ address: '10.9.9.9', port: 2022 }),
    });
    expect(cluster.hosts[0]).toMatchObject({ address: '10.9.9.9', nodeName: 'm1' });
    expect(cluster.hosts[0]?.connection).toMatchObject({
      port: 2022,
      keyFile: '~/k',
      jump: [
        { address: 'b1', user: 'ops' },
        { address: 'b2', port: 22 },
      ],
    });
  });

  test.each<[string, string[]]>([
    [
      'ansible_connection=local',
      [
        '2:26 error: ansible_connection: kha reaches hosts by SSH, not by local. → Take it out; sshd of this machine will do too.',
      ],
    ],
    [
      'ansible_ssh_common_args="-o StrictHostKeyChecking=no"',
      [
        '2:26 warning: ansible_ssh_common_args: kha checks host keys all the same; it asks once, when it sees a host first. → Take the option out; --accept-host-keys answers for a pipeline.',
      ],
    ],
    ['ansible_port=ssh', ['2:39 error: `hosts.m1.ssh.port` must be a port from 1 to 65535; it is "ssh".']],
    [
      'ansible_ssh_pas=x',
      ['2:26 warning: The variable ansible_ssh_pas is unknown, and nothing uses it. → Did you mean ansible_ssh_pass?'],
    ],
    ['ansible_python_interpreter=/usr/bin/python3', []],
  ])('%s', async (variable, expected) => {
    expect(
      await findingsOf(loadIni(INI.replace('ansible_host=10.0.0.1', `ansible_host=10.0.0.1 ${variable}`))),
    ).toEqual(expected);
  });

  test('waiting and leaving hosts belong to other operations', async () => {
    const text = ini(
      '[new-worker]\nw9 ansible_host=10.0.0.9\n[del-master]\nm1\n[kube-maters]\nx ansible_host=10.0.0.7',
    );
    const loaded = await loadIni(text);
    expect(loaded.cluster.hosts.map((h) => h.name)).toEqual(['m1', 'x']);
    expect(await findingsOf(loadIni(text))).toEqual([
      '12:1 warning: Host w9 is in [new-worker] only, so it is left out here. → kha apply takes it in, and so does the operation add-worker.',
      '14:1 warning: Host m1 is in [del-master], which has no effect here: it stays as it is. → kha apply heeds it; so do the operations remove-node, remove-worker, remove-master and remove-etcd.',
      '15:1 warning: The group [kube-maters] means nothing to kha. → Did you mean [kube-master]?',
      '16:1 warning: Host x has no role; kha will only prepare it. → Name it in `masters`, `workers` or `etcd`, or remove it.',
    ]);
  });

  describe('kha apply heeds who waits', () => {
    const heeded = (lines: string) => loadIni(ini(lines), undefined, { heedRequests: true });

    test('new-… are members of their role, behind those that there are', async () => {
      const { cluster, findings } = await heeded(
        '[new-worker]\nw9 ansible_host=10.0.0.9 ansible_user=ops\n[new-etcd]\nw9\ne2 ansible_host=10.0.0.2\n[new-master]\ne2',
      );
      expect(cluster.roles).toEqual({ masters: ['m1', 'e2'], workers: ['m1', 'w9'], etcd: ['m1', 'w9', 'e2'], lb: [] });
      expect(cluster.hosts.find((h) => h.name === 'w9')?.connection.user).toBe('ops');
      expect(findings).toEqual([]);
    });

    test('del-node is no host any more, and neither is who loses each of its roles', async () => {
      const more =
        '[kube-worker]\nw1 ansible_host=10.0.0.4\nw2 ansible_host=10.0.0.5\n[kube-master]\nm2 ansible_host=10.0.0.2\n';
      const text = `${more}[del-node]\nw1\n[del-worker]\nw2\nm1\n[del-master]\nm2\n`;
      const { cluster } = await heeded(text);
      expect(cluster.hosts.map((h) => h.name)).toEqual(['m1']);
      expect(cluster.roles).toMatchObject({ masters: ['m1'], etcd: ['m1'] });
      expect(await findingsOf(heeded(text))).toEqual([
        '7:1 warning: There is no worker: nothing but the control plane will run. → Name one in `workers`.',
        '19:1 warning: Host w2 is in [del-worker] and has no other role, so it is taken as one that leaves the cluster. → It is drained, deleted and reset then, which kubeadm-ha does for [del-node] only.',
        '22:1 warning: Host m2 is in [del-master] and has no other role, so it is taken as one that leaves the cluster. → It is drained, deleted and reset then, which kubeadm-ha does for [del-node] only.',
      ]);
    });
  });

  test('no variable is both of a host and of the cluster', () => {
    expect(Object.keys(CONNECTION_VARIABLES).filter((name) => name in SEED_VARIABLES)).toEqual([]);
  });
});
