import { z } from 'zod';
import {
  clusterName,
  flag,
  httpUrl,
  image,
  imageRepository,
  integer,
  ipAddress,
  isSubdomain,
  looseText,
  nonEmpty,
  numberOfDays,
  oneOf,
  port,
  sanName,
  absolutePath,
} from '../fields.ts';
import { approvals, maintenance } from './approvals.ts';
import { extraArgs, kubernetes } from './kubernetes.ts';
import { schedules } from './schedules.ts';
import { kernel } from './kernel.ts';
import { runtime, packages } from './software.ts';
import { host, sshDefaults } from './ssh.ts';

const days = numberOfDays;
const hostList = z.array(z.string({ error: 'must be the name of a host' }), { error: 'must be a list of host names' });

export const etcdSettings = z.strictObject({
  hosts: hostList.optional().meta({ description: 'Hosts of etcd. Default: the masters.' }),
  image: image.optional().meta({ description: 'Default: what kubeadm of this version asks for.' }),
  dataDir: absolutePath.default('/var/lib/etcd').meta({ description: 'Directory of the data.' }),
  quotaBytes: integer(1024 ** 2, 64 * 1024 ** 3)
    .default(8 * 1024 ** 3)
    .meta({ description: 'Largest database.' }),
  maxRequestBytes: integer(1024, 1024 ** 3)
    .default(10 * 1024 ** 2)
    .meta({ description: 'Largest request.' }),
  snapshotCount: integer(1, 1e9).default(10000).meta({ description: 'Transactions between snapshots to disk.' }),
  autoCompactionHours: integer(0, 8760).default(1).meta({ description: 'Hours of history; 0: no compaction.' }),
  extraArgs: extraArgs('etcd'),
});

const etcd = z
  .union([
    z.literal('masters', { error: 'must be "masters", a list of host names, or settings' }),
    hostList,
    etcdSettings,
  ])
  .prefault({})
  .meta({
    description: 'etcd: `masters`, a list of hosts, or settings with `hosts`.',
    examples: ['masters', ['e1', 'e2', 'e3']],
  });

const loadBalancer = z
  .strictObject({
    hosts: hostList.optional().meta({ description: 'Hosts that carry the virtual address. Default: none.' }),
    mode: oneOf(['nginx', 'haproxy', 'envoy', 'openresty', 'slb'])
      .default('nginx')
      .meta({ description: 'What balances; `slb`: a balancer outside of the cluster at `address`.' }),
    address: ipAddress
      .optional()
      .meta({ description: 'Virtual or external address. Absent: a proxy on every node at 127.0.0.1.' }),
    port: port.default(8443).meta({ description: 'Port of the API server at the balancer.' }),
    healthPort: port.default(8081).meta({ description: 'Port of the balancer itself, on 127.0.0.1.' }),
    image: image.optional().meta({ description: 'Default: the image of the mode.' }),
    keepalived: z
      .strictObject({
        image: image.optional(),
        routerId: z.number().int().min(1).max(255).optional().meta({
          description: "VRRP's router id; one of its own for each address in a network. Default: by name and address.",
        }),
      })
      .prefault({})
      .meta({ description: 'Moves the virtual address between `hosts`.' }),
  })
  .prefault({})
  .meta({ description: 'The way from nodes to the API servers.' });

const network = z
  .strictObject({
    plugin: oneOf(['flannel', 'calico', 'none'])
      .default('flannel')
      .meta({ description: 'Network plugin; `none`: you bring your own.' }),
    flannel: z
      .strictObject({
        backend: oneOf(['vxlan', 'host-gw']).default('vxlan'),
        image: image.optional(),
        cniPluginImage: image.optional(),
      })
      .prefault({}),
  })
  .prefault({})
  .meta({ description: 'Network between pods.' });

const pki = z
  .strictObject({
    caDays: days.default(3650).meta({ description: 'Validity of the CAs of Kubernetes; 0.5 is twelve hours.' }),
    leafDays: days.default(365).meta({ description: 'Validity of all certificates that they sign.' }),
    etcdCaDays: days.optional().meta({ description: 'Validity of the CA of etcd. Default: caDays.' }),
    etcdLeafDays: days.optional().meta({ description: 'Validity of the certificates of etcd. Default: leafDays.' }),
    keySize: z
      .union([z.literal(2048), z.literal(3072), z.literal(4096)], { error: 'must be 2048, 3072 or 4096' })
      .default(2048)
      .meta({ description: 'Bits of new RSA keys, of authorities and of what they sign.' }),
    sans: z.array(sanName).default([]).meta({ description: 'More names and addresses of the API server.' }),
  })
  .prefault({})
  .meta({ description: 'Certificates.' });

const system = z
  .strictObject({
    timezone: z
      .string({ error: 'must be a time zone, for example Europe/Berlin' })
      .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, {
        error: 'must be a time zone, for example Europe/Berlin',
      })
      .optional()
      .meta({ description: 'Absent: what the host has.' }),
    disableFirewall: flag.default(true).meta({ description: 'Stop and disable ufw and firewalld.' }),
    hosts: z
      .record(
        ipAddress,
        z.array(z.string().refine(isSubdomain, { error: 'must be a DNS name' }), { error: 'must be a list of names' }),
      )
      .prefault({})
      .meta({ description: 'More lines of /etc/hosts.', examples: [{ '10.0.0.5': ['registry.example.com'] }] }),
    sysctls: z.record(z.string(), looseText).prefault({}).meta({ description: "More sysctls, over kha's." }),
    kernelModules: z
      .array(z.string().regex(/^[A-Za-z0-9_-]+$/, { error: 'must be the name of a kernel module' }))
      .default([])
      .meta({ description: "More kernel modules to load beside kha's." }),
  })
  .prefault({})
  .meta({ description: 'The base system.' });

const addons = z
  .strictObject({
    metricsServer: flag.default(false),
    ingress: oneOf(['none', 'nginx', 'traefik']).default('none'),
    dashboard: flag.default(false),
    certManager: flag.default(false),
    wait: flag.default(true).meta({ description: 'Wait until add-ons are ready.' }),
  })
  .prefault({})
  .meta({ description: 'Add-ons.' });

const preflight = z
  .strictObject({
    minMasterMemoryMiB: integer(0, 1e9, 'a number of MiB').default(1700),
    minWorkerMemoryMiB: integer(0, 1e9, 'a number of MiB').default(1700),
    minMasterCpus: integer(0, 100000).default(2),
    minWorkerCpus: integer(0, 100000).default(1),
    maxClockSkewSeconds: integer(1, 86400, 'a number of seconds').default(5),
    minDiskMiB: integer(0, 1e9, 'a number of MiB').default(10240).meta({ description: 'Free space of /var/lib.' }),
  })
  .prefault({})
  .meta({ description: 'What a host must have before anything is changed.' });

/** The cluster file as the user writes it; everything but `name` and `hosts` has a default. */
export const clusterFile = z
  .strictObject({
    name: clusterName.meta({ description: 'Name of the cluster; workflow, secrets and known hosts go by it.' }),
    nodeNames: oneOf(['hostname', 'address'])
      .default('hostname')
      .meta({ description: 'Whether a Node is called by the name of its host or by its address.' }),
    hosts: z
      .record(
        z
          .string()
          .refine(isSubdomain, { error: 'must be a DNS name (RFC 1123): lower-case letters, digits, dashes, dots' })
          .refine((name) => !/^\d+$/.test(name), { error: 'must not be a number' }),
        host,
        { error: 'must be a map from host names to addresses' },
      )
      .meta({ description: 'The machines by name.' }),
    ssh: sshDefaults,
    masters: hostList.optional().meta({ description: 'Hosts of the control plane. May be left out with one host.' }),
    workers: hostList.optional().meta({
      description: 'Hosts that run pods. Default: all hosts without another role, or the masters if there are none.',
    }),
    etcd,
    loadBalancer,
    kubernetes,
    runtime,
    network,
    dns: z.strictObject({ image: image.optional() }).prefault({}).meta({ description: 'CoreDNS.' }),
    images: z
      .strictObject({
        repository: imageRepository.optional().meta({
          description:
            'Site registry and path that all images come from, each by its last name, such as <repository>/pause:3.10.2.',
          examples: ['registry.example.com/k8s'],
        }),
      })
      .prefault({})
      .meta({ description: 'One mirror of all images. An `image` elsewhere in the file wins over it.' }),
    pki,
    packages,
    proxy: z
      .strictObject({
        http: httpUrl.optional(),
        https: httpUrl.optional(),
        no: z.array(nonEmpty).default([]).meta({ description: 'Not through the proxy; kha adds the cluster itself.' }),
      })
      .prefault({})
      .meta({ description: 'Proxy of package and image downloads.' }),
    system,
    addons,
    preflight,
    drain: z
      .strictObject({
        timeoutSeconds: integer(1, 86400, 'a number of seconds').default(360),
        gracePeriodSeconds: integer(0, 86400, 'a number of seconds').optional().meta({
          description: "Time that pods have to end. Default: each pod's own.",
        }),
        deleteEmptyDirData: z.boolean().default(false).meta({
          description: 'Pods with emptyDir volumes may go, and their data with them.',
        }),
        force: z.boolean().default(false).meta({
          description: 'Pods that no controller makes anew may go.',
        }),
      })
      .prefault({})
      .meta({ description: 'How a node is emptied before it leaves. What blocks is shown, and waits for you.' }),
    approvals,
    maintenance,
    kernel,
    schedules,
    parallelism: integer(1, 10000).default(50).meta({ description: 'How many hosts work at once.' }),
    timeouts: z
      .strictObject({
        connectSeconds: integer(1, 3600, 'a number of seconds').default(20),
        installMinutes: integer(1, 1440, 'a number of minutes').default(30),
        readyMinutes: integer(1, 1440, 'a number of minutes').default(10),
        rebootMinutes: integer(1, 50, 'a number of minutes')
          .default(10)
          .meta({ description: 'For a host that restarts; machines that test their memory first need more.' }),
      })
      .prefault({})
      .meta({ description: 'How long to wait.' }),
  })
  .meta({ title: 'kha cluster file' });

export type ClusterFileInput = z.input<typeof clusterFile>;
export type ClusterFile = z.output<typeof clusterFile>;
