import { describe, expect, test } from 'vitest';
import { findingsOf, loadYaml } from './load.ts';

const OK = 'name: demo\nhosts: {m1: 10.0.0.11}\n';
const THREE = 'name: demo\nhosts: {m1: 10.0.0.11, m2: 10.0.0.12, m3: 10.0.0.13}\n';

/** What is wrong, the file, and all that is said about it. */
const CASES: [string, string, string[]][] = [
  [
    'a rule that is no text',
    `${OK}approvals: {rules: [3, {before: drain, expires: soon}, {before: Drain}]}\n`,
    [
      '3:21 error: `approvals.rules[0]` must be the name of a step, or start, each-host, each-master or each-batch, or a map with `before`; it is 3.',
      '3:49 error: `approvals.rules[1].expires` must be a duration with units, for example 45d, 12h, 30m or 1h30m; it is "soon".',
      '3:65 error: `approvals.rules[2].before` must be the name of a step, or start, each-host, each-master or each-batch; it is "Drain".',
    ],
  ],
  [
    'the same rule twice, and a webhook without a signature',
    `${OK}approvals: {rules: [drain, {before: drain}], webhook: {url: "https://a.example"}}\n`,
    [
      '3:28 error: drain has a rule already. → Keep one of the two.',
      '3:55 warning: What is sent there is not signed: whoever gets it can not tell whether kha sent it. → Give `secret`, for example {secret: approvals}, and store it: kha secret put approvals',
    ],
  ],
  [
    'windows that are none',
    `${OK}maintenance: {window: [Sam 01:00-05:00, "Sat 01:00-05:00 Europe/Berln"]}\n`,
    [
      '3:24 error: `maintenance.window[0]` has no days that are known: Sam; they are Mon, Tue, Wed, Thu, Fri, Sat, Sun, with - and commas, or daily.',
      '3:41 error: `maintenance.window[1]` must end with a time zone of the tz database, for example Europe/Berlin or UTC, not Europe/Berln; it is "Sat 01:00-05:00 Europe/Berln".',
    ],
  ],
  [
    'a window that is too short for a host',
    `${OK}maintenance: {window: "Sat 01:00-01:10"}\n`,
    [
      '3:23 error: No window is long enough for a host, which takes 15m (maintenance.hostMinutes). → Make one longer, or lower `maintenance.hostMinutes`.',
    ],
  ],
  ['empty file', '', ['1:1 error: The file is empty. → Start from config/cluster.example.yaml.']],
  ['comment only', '# x\n', ['1:1 error: The file is empty. → Start from config/cluster.example.yaml.']],
  ['a list', '- x\n', ['1:1 error: The file is not a map of settings. → Start from config/cluster.example.yaml.']],
  [
    'two documents',
    `${OK}---\nname: x\n`,
    ['3:1 error: The file has a second YAML document. → Remove the line `---`; one file is one cluster.'],
  ],
  [
    'no name',
    'hosts: {m1: 10.0.0.11}\n',
    ['1:1 error: `name` is missing. → Give the cluster a name, for example `name: demo`.'],
  ],
  [
    'no hosts',
    'name: demo\n',
    ['1:1 error: `hosts` is missing. → List the machines, for example `hosts: {m1: 10.0.0.11}`.'],
  ],
  [
    'hosts without a value',
    'name: demo\nhosts:\n',
    [
      '2:7 error: `hosts` must be a map from host names to addresses; it is empty. → Write a value after the colon, or remove the line.',
    ],
  ],
  [
    'tab',
    `${OK}kubernetes:\n\tversion: 1.37.2\n`,
    ['4:1 error: A tab stands where spaces must. → Indent with spaces.'],
  ],
  [
    'the same key twice',
    `${OK}name: again\n`,
    ['3:1 error: The key `name` stands here a second time. → Remove one of the two.'],
  ],
  [
    'a tag',
    'name: !foo demo\nhosts: {m1: 10.0.0.11}\n',
    ['1:7 error: The tag !foo means nothing here. → Take it out; a text that begins with ! stands in quotes.'],
  ],
  ['unknown key', `${OK}nodeName: address\n`, ['3:1 error: Unknown setting `nodeName`. → Did you mean `nodeNames`?']],
  [
    'other spelling of a key',
    `${OK}kubernetes: {pod_subnet: 10.1.0.0/16}\n`,
    ['3:14 error: Unknown setting `pod_subnet` in `kubernetes`. → Did you mean `podSubnet`?'],
  ],
  [
    'key in the wrong place',
    `${OK}podSubnet: 10.1.0.0/16\n`,
    ['3:1 error: Unknown setting `podSubnet`. → It belongs to kubernetes: `kubernetes.podSubnet`.'],
  ],
  [
    'key from nowhere',
    `${OK}proxy: {socks: x}\n`,
    ['3:9 error: Unknown setting `socks` in `proxy`. → Known here: http, https, no.'],
  ],
  [
    'misspelt word',
    `${OK}nodeNames: hostnames\n`,
    ['3:12 error: `nodeNames` must be one of: hostname, address; it is "hostnames". → Did you mean `hostname`?'],
  ],
  [
    'version without patch',
    `${OK}kubernetes: {version: 1.30}\n`,
    [
      '3:23 error: `kubernetes.version` must be a version with three parts, for example "1.37.2". → Name the patch too; 1.30 alone is read as the number 1.3.',
    ],
  ],
  [
    'schedules that never run, or not as written',
    `${OK}schedules:
  - operation: init-clusters
    cron: "0 3 * * *"
  - operation: init-cluster
    cron: ["0 3 * * *", "0 25 * * *"]
    timezone: europe/berlin
    jitter: 10
    wait: 5s
`,
    [
      '4:16 error: `schedules[0].operation` must be one of: init-cluster, kernel-upgrade, reboot, renew-certificates; it is "init-clusters". → Did you mean `init-cluster`?',
      '7:25 error: `schedules[1].cron[1]` has "25" as its hour: it must be 0 to 23.',
      '8:15 error: `schedules[1].timezone` must be a time zone of the tz database, for example Europe/Berlin or UTC; it is "europe/berlin".',
      '9:13 error: `schedules[1].jitter` must be a duration with units, for example 12h; it is 10.',
      '10:11 error: `schedules[1].wait` must be from 1m to 30d; it is "5s".',
    ],
  ],
  [
    'schedules that contradict each other or the cluster',
    `${OK}schedules:
  - {operation: init-cluster, cron: "0 3 * * *", hosts: [m1]}
  - {operation: init-cluster, cron: "@daily"}
  - {operation: init-cluster, name: third, cron: "@daily", within: 45d}
  - {operation: renew-certificates, cron: "@daily", hosts: [m1, m9], certificates: [apiserver, no-such]}
`,
    [
      '4:57 error: init-cluster is for all hosts of the cluster. → Take `hosts` out.',
      '5:5 error: The schedule init-cluster stands there twice. → Give this one a name of its own: `name`.',
      '6:68 error: init-cluster renews no certificates. → Take `within` and `certificates` out.',
      expect.stringMatching(/^7:65 error: There is no host m9. → Hosts are: m1.$/) as string,
      expect.stringMatching(
        /^7:96 error: There is no certificate no-such to renew. → Certificates are: .*apiserver/,
      ) as string,
    ],
  ],
  [
    'unknown version',
    `${OK}kubernetes: {version: 1.99.0}\n`,
    [
      '3:23 error: Kubernetes 1.99.0 is not supported; kha knows 1.20 to 1.37. → Choose one of them, for example 1.37.2.',
    ],
  ],
  [
    'yes is not true',
    `${OK}kubernetes: {audit: {enabled: yes}}\n`,
    [
      '3:31 error: `kubernetes.audit.enabled` must be true or false; it is "yes". → YAML 1.2 knows only true and false.',
    ],
  ],
  [
    'bad address',
    'name: demo\nhosts:\n  m1: 10.0.0.300\n',
    ['3:7 error: `hosts.m1` must be an IP address, for example 10.0.0.11; it is "10.0.0.300".'],
  ],
  [
    'bad host name',
    'name: demo\nhosts:\n  M_1: 10.0.0.1\n',
    ['3:3 error: `M_1` in `hosts` must be a DNS name (RFC 1123): lower-case letters, digits, dashes, dots.'],
  ],
  [
    'misspelt key of a host',
    'name: demo\nhosts:\n  m1: {adress: 10.0.0.1}\n',
    ['3:8 error: Unknown setting `adress` in `hosts.m1`. → Did you mean `address`?'],
  ],
  [
    'an unknown version and an unknown setting hide no other error',
    'name: demo\nhosts: {m1: 10.0.0.1, m2: 10.0.0.1, m3: {address: 10.0.0.3, adress: x}}\nmasters: [m1, m2, m3]\nworkers: [m3]\nkubernetes: {version: 1.99.0}\n',
    [
      '2:27 error: Hosts m1 and m2 have the same address 10.0.0.1. → Give each host its own address.',
      '2:61 error: Unknown setting `adress` in `hosts.m3`. → Did you mean `address`?',
      '5:23 error: Kubernetes 1.99.0 is not supported; kha knows 1.20 to 1.37. → Choose one of them, for example 1.37.2.',
    ],
  ],
  [
    'a password in the file is not repeated',
    'name: demo\nhosts: {m1: 10.0.0.1}\nssh: {password: hunter2}\n',
    [
      '3:17 error: `ssh.password` must be a reference, never the value itself: {env: NAME}, {secret: name} or {file: path}. → Take the password out of the file: `kha secret put` keeps it, or export it and write {env: NAME}.',
    ],
  ],
  [
    'two references',
    `${OK}ssh: {password: {env: A, secret: b}}\n`,
    [
      '3:17 error: `ssh.password` must be a reference, never the value itself: {env: NAME}, {secret: name} or {file: path}.',
    ],
  ],
  [
    'a password in a URL',
    `${OK}proxy: {http: "http://joe:pw@proxy:3128"}\n`,
    [
      '3:15 error: `proxy.http` must not carry a user or password: the file is recorded and shown; it is "http://…@proxy:3128".',
    ],
  ],
  [
    'port out of range',
    `${OK}loadBalancer: {port: 70000}\n`,
    ['3:22 error: `loadBalancer.port` must be a port from 1 to 65535; it is 70000.'],
  ],
  [
    'network without prefix',
    `${OK}kubernetes: {podSubnet: 10.1.0.0}\n`,
    [
      '3:25 error: `kubernetes.podSubnet` must be a network in CIDR notation, for example 10.244.0.0/16; it is "10.1.0.0".',
    ],
  ],
  [
    'text instead of a list',
    `${OK}masters: m1\n`,
    ['3:10 error: `masters` must be a list of host names; it is "m1". → Write it as a list: [m1].'],
  ],
  [
    'dashes of flags',
    `${OK}kubernetes: {extraArgs: {apiServer: {--v: 2}}}\n`,
    ['3:43 error: `kubernetes.extraArgs.apiServer.--v` must be written without dashes: v; it is 2.'],
  ],
  [
    'quantity',
    `${OK}kubernetes: {kubeReserved: {memory: 1Gb}}\n`,
    [
      '3:37 error: `kubernetes.kubeReserved.memory` must be a resource quantity, for example 100m, 256Mi or 1Gi; it is "1Gb".',
    ],
  ],
  [
    'duration',
    `${OK}kubernetes: {monitorPeriod: 5}\n`,
    ['3:29 error: `kubernetes.monitorPeriod` must be a duration with units, for example 40s, 5m or 1h30m; it is 5.'],
  ],
  [
    'URL',
    `${OK}runtime: {registries: {docker.io: mirror.example.com}}\n`,
    [
      '3:35 error: `runtime.registries["docker.io"]` must be a URL that starts with http:// or https://; it is "mirror.example.com".',
    ],
  ],
  [
    'no master',
    THREE,
    ['1:1 error: There is no master. → Name the hosts of the control plane, for example `masters: [m1]`.'],
  ],
  [
    'even etcd',
    `${THREE}masters: [m1, m2]\n`,
    ['3:10 error: etcd has 2 hosts; an even number survives no more failures than 1 would. → Use 1 or 3.'],
  ],
  [
    'unknown host in a role',
    `${THREE}masters: [m1, m2, m4]\n`,
    ['3:19 error: The master m4 is not among the hosts. → Did you mean m3?'],
  ],
  [
    'host twice in a role',
    `${THREE}masters: [m1]\nworkers: [m2, m3, m2]\n`,
    ['4:19 error: Host m2 is listed twice as worker. → Remove one of the two.'],
  ],
  [
    'host without a role',
    `${THREE}masters: [m1]\nworkers: [m2]\n`,
    [
      '2:43 warning: Host m3 has no role; kha will only prepare it. → Name it in `masters`, `workers` or `etcd`, or remove it.',
    ],
  ],
  [
    'the same address twice',
    'name: demo\nhosts: {m1: 10.0.0.11, m2: 10.0.0.11}\nmasters: [m1]\n',
    ['2:28 error: Hosts m1 and m2 have the same address 10.0.0.11. → Give each host its own address.'],
  ],
  [
    'loopback among many',
    'name: demo\nhosts: {m1: 10.0.0.11, m2: 127.0.0.1}\nmasters: [m1]\n',
    [
      '2:28 error: The address 127.0.0.1 of host m2 is a loopback address. → Give the address by which the other hosts reach it.',
    ],
  ],
  [
    'pods over services',
    `${OK}kubernetes:\n  podSubnet: 10.96.0.0/12\n`,
    [
      '4:14 error: The service network 10.96.0.0/16 and the pod network 10.96.0.0/12 overlap. → Choose networks that share no address, for example 10.96.0.0/16 and 10.244.0.0/16.',
    ],
  ],
  [
    'pods over hosts',
    'name: demo\nhosts: {m1: 10.244.3.1}\n',
    [
      '2:8 error: The pod network 10.244.0.0/16 contains the address 10.244.3.1 of host m1. → Choose a network in which no host has an address.',
    ],
  ],
  [
    'not a network address',
    `${OK}kubernetes: {podSubnet: 10.200.1.0/16}\n`,
    [
      '3:25 error: The pod network 10.200.1.0/16 does not start at a network address. → Write 10.200.0.0/16, or a longer prefix.',
    ],
  ],
  [
    'too few node networks',
    `${THREE}masters: [m1]\nkubernetes: {podSubnet: 10.200.0.0/23}\n`,
    [
      '4:25 error: The pod network 10.200.0.0/23 has room for 2 nodes of /24 each, the cluster has 3. → Use a bigger pod network, or a longer nodePrefix.',
    ],
  ],
  [
    'LB port of the API server',
    `${OK}loadBalancer: {port: 6443}\n`,
    [
      "3:22 error: The load balancer's port 6443 is the API server's own on the masters. → Choose another, for example 8443.",
    ],
  ],
  [
    'one port twice',
    `${OK}loadBalancer: {port: 9000, healthPort: 9000}\n`,
    ["3:40 error: The load balancer's port and health port are both 9000. → Choose another health port."],
  ],
  [
    'node ports over others',
    `${OK}kubernetes: {nodePortRange: 8000-9000}\n`,
    [
      '3:29 error: The node ports 8000-9000 contain port 8443 of the load balancer and 1 more. → Choose a range without them, for example 30000-32767.',
    ],
  ],
  [
    'node ports over others, as the usual ones are too',
    `${OK}ssh: {port: 30022}\nkubernetes: {nodePortRange: 30000-32767}\n`,
    ['4:29 error: The node ports 30000-32767 contain port 30022 of sshd. → Choose a range without them.'],
  ],
  [
    'virtual address of a host',
    `${OK}loadBalancer: {mode: slb, address: 10.0.0.11}\n`,
    [
      '3:36 error: The address 10.0.0.11 of the load balancer is the address of host m1. → Choose an address that no host has; it moves between hosts.',
    ],
  ],
  [
    'slb without address',
    `${OK}loadBalancer: {mode: slb}\n`,
    [
      '3:22 error: The mode slb needs the address of the balancer. → Set `loadBalancer.address`, or remove the mode to have a proxy on every node.',
    ],
  ],
  [
    'address without hosts',
    `${OK}loadBalancer: {address: 10.0.0.10}\n`,
    [
      '3:25 error: The load balancer has the address 10.0.0.10, but no host that carries it. → Name them in `loadBalancer.hosts`, or set `mode: slb` for a balancer of your own.',
    ],
  ],
  [
    'packages of another version',
    `${OK}kubernetes: {version: 1.36.3, packageVersion: 1.35.4-1.1}\n`,
    [
      '3:47 error: The packages are of version 1.35.4-1.1, the cluster of 1.36.3. → Use the same version, for example 1.36.3-1.1.',
    ],
  ],
  [
    'proxy mode too new',
    `${OK}kubernetes: {version: 1.30.2, proxyMode: nftables}\n`,
    ['3:42 error: kube-proxy of Kubernetes 1.30.2 has no mode nftables. → Choose one of: iptables, ipvs.'],
  ],
  [
    'leaf outlives its CA',
    `${OK}pki: {caDays: 100}\n`,
    [
      '3:15 error: Certificates for 365 days would outlive their CA of 100 days. → Lower `pki.leafDays` or raise `pki.caDays`.',
    ],
  ],
  [
    'several at once, form and whole together',
    `${OK}kubernetes:\n  podSubnet: 10.96.0.0/16\n  maxPods: many\npki: {caDays: 0}\n`,
    [
      '4:14 error: The service network 10.96.0.0/16 and the pod network 10.96.0.0/16 overlap. → Choose networks that share no address, for example 10.96.0.0/16 and 10.244.0.0/16.',
      '5:12 error: `kubernetes.maxPods` must be a whole number from 1 to 65535; it is "many".',
      '6:15 error: `pki.caDays` must be a number of days from 0.001 to 36500; it is 0.',
    ],
  ],
];

describe('every mistake is named with its place and the way out', () => {
  test.each(CASES)('%s', async (_name, text, expected) => {
    expect(await findingsOf(loadYaml(text))).toEqual(expected);
  });
});
