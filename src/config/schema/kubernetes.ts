import { z } from 'zod';
import {
  absolutePath,
  cidr,
  duration,
  evictionThreshold,
  flag,
  imageRepository,
  integer,
  looseText,
  nonEmpty,
  oneOf,
  portRange,
  quantity,
  subdomain,
} from '../fields.ts';

const versionText = z
  .string({ error: 'must be a version with three parts, for example "1.37.2"' })
  .regex(/^v?\d+\.\d+\.\d+$/, { error: 'must be a version with three parts, for example "1.37.2"' });

/** Flags of a component: names without dashes, values as texts. */
export const extraArgs = (component: string) =>
  z
    .record(z.string(), looseText)
    .superRefine((args, ctx) => {
      for (const name of Object.keys(args)) {
        const bare = name.replace(/^-+/, '');
        if (bare !== name)
          ctx.addIssue({ code: 'custom', path: [name], message: `must be written without dashes: ${bare}` });
        else if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
          ctx.addIssue({ code: 'custom', path: [name], message: 'is not the name of a flag' });
      }
    })
    .prefault({})
    .meta({ description: `More flags of ${component}, names without dashes.`, examples: [{ v: '2' }] });

const extraVolumes = (component: string) =>
  z
    .array(
      z.strictObject({
        name: subdomain,
        hostPath: absolutePath,
        mountPath: absolutePath,
        readOnly: flag.optional(),
        pathType: oneOf([
          'DirectoryOrCreate',
          'Directory',
          'FileOrCreate',
          'File',
          'Socket',
          'CharDevice',
          'BlockDevice',
        ]).optional(),
      }),
    )
    .prefault([])
    .meta({ description: `More volumes of ${component}.` });

const reserved = {
  cpu: quantity.optional(),
  memory: quantity.optional(),
  'ephemeral-storage': quantity.optional(),
  pid: quantity.optional(),
};

const plugin = z
  .string({ error: 'must be the name of an admission plugin' })
  .regex(/^[A-Za-z]+$/, { error: 'must be the name of an admission plugin' });

const mergedOver = (kind: string) =>
  z
    .record(z.string(), z.unknown())
    .prefault({})
    .meta({ description: `Merged over the ${kind} that kha writes.` });

export const kubernetes = z
  .strictObject({
    version: versionText.optional().meta({ description: 'Version of Kubernetes. Default: the newest that kha knows.' }),
    imageRepository: imageRepository
      .optional()
      .meta({ description: "Where kubeadm's images come from. Default: images.repository, or registry.k8s.io." }),
    packageVersion: nonEmpty.optional().meta({
      description: 'Package version of kubelet, kubeadm and kubectl. Default: the version with the usual revision.',
      examples: ['1.37.2-1.1'],
    }),
    cniPackageVersion: nonEmpty.optional().meta({ description: 'Package version of kubernetes-cni. Default: newest.' }),
    criToolsPackageVersion: nonEmpty.optional().meta({ description: 'Package version of cri-tools. Default: newest.' }),
    dnsDomain: subdomain.default('cluster.local').meta({ description: 'DNS domain of the cluster.' }),
    podSubnet: cidr.default('10.244.0.0/16').meta({ description: 'Network of the pods.' }),
    serviceSubnet: cidr.default('10.96.0.0/16').meta({ description: 'Network of the services.' }),
    nodePrefix: integer(8, 127, 'a prefix length')
      .default(24)
      .meta({ description: "Prefix length of one node's part of the pod network." }),
    nodePortRange: portRange.default('30000-32767').meta({ description: 'Ports for services of type NodePort.' }),
    maxPods: integer(1, 65535).default(110).meta({ description: 'Most pods on one node.' }),
    proxyMode: oneOf(['iptables', 'ipvs', 'nftables'])
      .default('iptables')
      .meta({ description: 'How kube-proxy works; nftables from 1.31.' }),
    kubeletRootDir: absolutePath.default('/var/lib/kubelet').meta({ description: "The kubelet's directory." }),
    admissionPlugins: z
      .strictObject({ enable: z.array(plugin).default(['NodeRestriction']), disable: z.array(plugin).default([]) })
      .prefault({})
      .meta({ description: 'Admission plugins of the API server beside its defaults.' }),
    extraArgs: z
      .strictObject({
        apiServer: extraArgs('kube-apiserver'),
        controllerManager: extraArgs('kube-controller-manager'),
        scheduler: extraArgs('kube-scheduler'),
        kubelet: extraArgs('the kubelet'),
      })
      .prefault({}),
    extraVolumes: z
      .strictObject({
        apiServer: extraVolumes('kube-apiserver'),
        controllerManager: extraVolumes('kube-controller-manager'),
        scheduler: extraVolumes('kube-scheduler'),
      })
      .prefault({}),
    kubeletConfiguration: mergedOver('KubeletConfiguration'),
    kubeProxyConfiguration: mergedOver('KubeProxyConfiguration'),
    eviction: z
      .strictObject({
        'memory.available': evictionThreshold.default('100Mi'),
        'nodefs.available': evictionThreshold.default('10%'),
        'nodefs.inodesFree': evictionThreshold.default('5%'),
        'imagefs.available': evictionThreshold.default('15%'),
        'imagefs.inodesFree': evictionThreshold.optional(),
        'pid.available': evictionThreshold.optional(),
      })
      .prefault({})
      .meta({ description: 'Hard eviction thresholds by signal.' }),
    kubeReserved: z
      .strictObject({ ...reserved, cpu: quantity.default('100m'), memory: quantity.default('256Mi') })
      .prefault({})
      .meta({ description: 'Kept for Kubernetes on each node.' }),
    systemReserved: z.strictObject(reserved).prefault({}).meta({ description: 'Kept for the system on each node.' }),
    audit: z
      .strictObject({
        enabled: flag.default(false).meta({ description: 'Write an audit log.' }),
        maxAge: integer(0, 36500, 'a number of days').default(30).meta({ description: 'Days to keep.' }),
        maxBackup: integer(0, 100000).default(10).meta({ description: 'Rotated files to keep.' }),
        maxSize: integer(1, 1000000, 'a number of MiB').default(100).meta({ description: 'MiB until rotation.' }),
        logPath: absolutePath
          .default('/var/log/kubernetes/audit/audit.log')
          .meta({ description: 'The log file on the masters.' }),
        policyFile: absolutePath
          .default('/etc/kubernetes/config/apiserver-audit-policy.yaml')
          .meta({ description: 'Where the policy is written on the masters.' }),
        rules: z.array(z.record(z.string(), z.unknown())).optional().meta({ description: "Rules instead of kha's." }),
      })
      .prefault({})
      .meta({ description: 'Audit log of the API server.' }),
    encryption: z
      .strictObject({
        enabled: flag.default(true).meta({ description: 'Encrypt Secrets in etcd, with a random key.' }),
        algorithm: oneOf(['aescbc', 'secretbox', 'aesgcm']).default('secretbox'),
      })
      .prefault({})
      .meta({ description: 'Encryption of Secrets at rest.' }),
    monitorGracePeriod: duration
      .default('40s')
      .meta({ description: 'How long a node may be silent before it counts as not ready.' }),
    monitorPeriod: duration.default('5s').meta({ description: 'How often the state of nodes is looked at.' }),
    terminatedPodGcThreshold: integer(0, 1000000).default(10).meta({ description: 'Finished pods that are kept.' }),
    ignorePreflightErrors: z
      .array(nonEmpty)
      .default([])
      .meta({ description: "kubeadm's --ignore-preflight-errors, as it spells them.", examples: [['Swap']] }),
  })
  .prefault({})
  .meta({ description: 'Kubernetes itself.' });
