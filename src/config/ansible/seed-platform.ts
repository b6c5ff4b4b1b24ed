import { flag, integer, seconds, text, textList, emptyMap, type Outcome } from './outcome.ts';
import { row, to } from './rows.ts';
import type { SeedVariable } from './seed-variables.ts';
import { show, toBool } from './jinja/values.ts';

/** One repository of apt (`deb [options] url suite components`, or a URL alone) or of yum (a URL). */
function repository(name: string, kind: 'apt' | 'yum') {
  return row((value): Outcome[] => {
    if (typeof value !== 'string' || value.trim() === '') return [];
    const line = value.trim().replace(/^deb\s+(\[[^\]]*\]\s*)?/, '');
    const [url = '', suite, ...components] = line.split(/\s+/);
    if (url.startsWith('ppa:'))
      return [
        { error: `${url} is a PPA, which kha does not resolve.`, hint: 'Give the URL, the suite and the components.' },
      ];
    const entry = { name: `${name}-${kind}`, kind, url, suite: suite ?? './', components };
    return [
      { set: ['packages', 'repositories', '+'], value: kind === 'yum' ? { name: entry.name, kind, url } : entry },
    ];
  });
}

function image(mode: string, name: string): SeedVariable {
  return row((value, get): Outcome[] => {
    const chosen = get('lb_mode') ?? 'nginx';
    if (chosen === mode) return [{ set: ['loadBalancer', 'image'], value }];
    return [{ warning: `${name} has no effect: the load balancer is ${show(chosen)}.`, hint: 'Take it out.' }];
  });
}

/** URLs of package files of kernels; each host takes those of its kind. */
const kernelFiles = row((value): Outcome[] =>
  (Array.isArray(value) ? value : [value])
    .filter((url) => url !== null && url !== '')
    .map((url) => ({ set: ['kernel', 'files', '+'], value: { url } })),
);

/** Hosts, packages, container runtime, etcd and the load balancer. */
export const platformVariables: Record<string, SeedVariable> = {
  skip_verify_node: row(
    (value) =>
      toBool(value)
        ? ['minMasterMemoryMiB', 'minWorkerMemoryMiB', 'minMasterCpus', 'minWorkerCpus', 'minDiskMiB'].map((key) => ({
            set: ['preflight', key],
            value: 0,
          }))
        : [],
    false,
  ),
  drain_grace_period: to('drain.gracePeriodSeconds', integer, 300),
  drain_timeout: to('drain.timeoutSeconds', seconds, '360s'),
  timezone: to('system.timezone', text, 'Asia/Shanghai'),
  firewalld_disabled: to('system.disableFirewall', flag, true),
  custom_hosts: to('system.hosts', emptyMap, {}),
  http_proxy: row((value) => (value ? [{ set: ['proxy', 'http'], value }] : [])),
  https_proxy: row((value) => (value ? [{ set: ['proxy', 'https'], value }] : [])),
  no_proxy: to('proxy.no', textList),
  base_apt_repo: repository('base', 'apt'),
  base_yum_repo: repository('base', 'yum'),
  epel_yum_repo: repository('epel', 'yum'),
  docker_apt_repo: repository('docker', 'apt'),
  docker_yum_repo: repository('docker', 'yum'),
  kubernetes_apt_repo: repository('kubernetes', 'apt'),
  kubernetes_yum_repo: repository('kubernetes', 'yum'),

  kernel_centos: kernelFiles,
  kernel_ubuntu: kernelFiles,
  linux_base: kernelFiles,
  libssl: kernelFiles,

  container_manager: row((value): Outcome[] => {
    if (value === 'docker')
      return [
        { error: 'kha runs containers with containerd, not with Docker.', hint: 'Set container_manager=containerd.' },
      ];
    return [{ set: ['runtime', 'kind'], value }];
  }, 'containerd'),
  containerd_version: row(
    (value): Outcome[] => [
      { set: ['runtime', 'packageName'], value: 'containerd.io' },
      { set: ['runtime', 'packageVersion'], value: text(value) },
    ],
    '1.6.20-1',
  ),
  containerd_storage_dir: to('runtime.storageDir', text, '/var/lib/containerd'),
  containerd_state_dir: to('runtime.stateDir', text, '/run/containerd'),
  containerd_oom_score: to('runtime.oomScore', integer, -999),
  containerd_debug_level: to('runtime.logLevel', text, 'info'),
  containerd_max_container_log_line_size: to('runtime.maxContainerLogLineSize', integer, -1),
  containerd_grpc_max_recv_message_size: to('runtime.maxGrpcMessageBytes', integer, 16777216),
  containerd_grpc_max_send_message_size: row((value, get): Outcome[] => {
    const receive = get('containerd_grpc_max_recv_message_size') ?? value;
    if (String(receive) === String(value)) return [{ set: ['runtime', 'maxGrpcMessageBytes'], value: integer(value) }];
    return [
      {
        warning: 'kha has one limit for messages sent and received, and takes containerd_grpc_max_recv_message_size.',
        hint: 'Give both the same value.',
      },
    ];
  }, 16777216),
  containerd_snapshotter: to('runtime.snapshotter', text, 'overlayfs'),
  containerd_registries: to('runtime.registries', emptyMap, { 'docker.io': 'https://registry-1.docker.io' }),
  pod_infra_container_image: to('runtime.pauseImage', text),

  etcd_image: to('etcd.image', text),
  etcd_data_dir: to('etcd.dataDir', text, '/var/lib/etcd'),
  etcd_certs_expired: to('pki.etcdLeafDays', integer, 3650),
  etcd_ca_certs_expired: to('pki.etcdCaDays', integer, 36500),

  lb_mode: to('loadBalancer.mode', text, 'nginx'),
  lb_kube_apiserver_ip: row((value) => (value ? [{ set: ['loadBalancer', 'address'], value }] : [])),
  lb_kube_apiserver_port: to('loadBalancer.port', integer, 8443),
  lb_kube_apiserver_healthcheck_port: to('loadBalancer.healthPort', integer, 8081),
  lb_nginx_image: image('nginx', 'lb_nginx_image'),
  lb_haproxy_image: image('haproxy', 'lb_haproxy_image'),
  lb_envoy_image: image('envoy', 'lb_envoy_image'),
  lb_openresty_image: image('openresty', 'lb_openresty_image'),
  lb_keepalived_image: to('loadBalancer.keepalived.image', text),
  lb_keepalived_router_id: to('loadBalancer.keepalived.routerId', integer, 51),
};
