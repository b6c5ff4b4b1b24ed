import { type CertificateSpec, certificatesOf } from '../cluster/certificates.ts';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { ETCD_CONFIGURATION, MANIFEST_DIR, PKI_DIR } from '../cluster/paths.ts';
import { controlPlaneEndpoint } from '../cluster/endpoint.ts';
import { isEtcd, isLb, isMaster } from '../cluster/role.ts';
import { absent } from '../graph/effects/absent.ts';
import { type Effect, effectKind } from '../graph/effects/registry.ts';
import { type PlanContext, step } from '../graph/step.ts';
import { kubeletAsks } from '../parts/kubelet-server.ts';
import { noKeepalived, noProxy } from '../parts/load-balancer/gone.ts';
import { noContainer } from '../parts/no-container.ts';
import { apiServerEtcd } from './api-server-etcd.ts';
import { apiServerFiles } from './api-server-files.ts';
import { etcdStopped } from './etcd.ts';
import { leaveEtcd } from './leave-etcd.ts';
import { tellAll } from './tell-all.ts';

const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
/** kubeadm gives workers this one as well. */
const OF_ALL_NODES = [`${PKI_DIR}/ca.crt`];

export const leaveRole = step({
  id: 'leave-role',
  title: 'Give the role up',
  why: 'The host stays in the cluster, and keeps nothing that was of the role alone: no static pod, no key, no data.',
  after: [leaveEtcd],
  // Until then others ask for what runs here.
  afterAll: [tellAll, apiServerEtcd],
  hosts: (cluster) => cluster.hosts,
  leaving: true,
  disruptive: true,
  skipWhen: ({ facts, cluster }, { name }) =>
    facts[name] === undefined &&
    `it does not answer, and keeps what it had of the role: kha start-workflow remove-node --cluster ${cluster.name} --host ${name}`,
  effects: (context, host) => [
    ...(isMaster(context.cluster, host) && !isMaster(context.next, host) ? noMaster(context, host) : []),
    ...(isEtcd(context.cluster, host) && !isEtcd(context.next, host) ? noMember(context.cluster) : []),
    ...(isLb(context.cluster, host) && !isLb(context.next, host)
      ? [...noKeepalived(context.cluster), ...noProxy(context.cluster)]
      : []),
    ...keysOf(context, host).map(absent),
  ],
  policy: 'install',
});

function noMaster(context: PlanContext, host: Host): Effect[] {
  const { cluster, next } = context;
  return [
    // It may ask the API server beside it (kubeadm's ControlPlaneKubeletLocalMode), which goes.
    kubeletAsks(`https://${controlPlaneEndpoint(next)}`),
    // Only one master has it, and not always the one that is the first now.
    absent('/etc/kubernetes/super-admin.conf'),
    ...CONTROL_PLANE.map((name) => absent(`${MANIFEST_DIR}/${name}.yaml`)),
    noContainer(cluster, CONTROL_PLANE),
    ...(apiServerFiles.effects?.(context, host) ?? []).flatMap((effect) => effectKind(effect).undo?.(effect) ?? []),
  ];
}

const noMember = (cluster: Cluster): Effect[] => [
  ...etcdStopped(cluster),
  absent(ETCD_CONFIGURATION),
  absent(cluster.etcd.dataDir),
];

/** Certificates, keys and kubeconfigs that the host had a right to, and has no more. */
function keysOf({ cluster, next }: PlanContext, host: Host): string[] {
  const rest = next.hosts.find((h) => h.name === host.name);
  const keep = new Set([...OF_ALL_NODES, ...(rest ? certificatesOf(next, rest).flatMap(pathsOf) : [])]);
  return certificatesOf(cluster, host)
    .flatMap(pathsOf)
    .filter((path) => !keep.has(path));
}

function pathsOf(spec: CertificateSpec): string[] {
  if (spec.kind === 'kubeconfig') return [spec.file.path];
  if (spec.kind === 'service-account') return [spec.key.path, spec.publicKey.path];
  return [spec.certificate.path, ...(spec.key ? [spec.key.path] : [])];
}
