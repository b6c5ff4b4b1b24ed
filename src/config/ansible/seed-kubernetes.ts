import { parse } from 'yaml';
import { extraArgs, flag, integer, type Outcome, text, textList, volumes } from './outcome.ts';
import { row, to } from './rows.ts';
import type { SeedVariable } from './seed-variables.ts';
import { toBool } from './jinja/values.ts';

const sans = (placeholder: string): SeedVariable =>
  row((value): Outcome[] => {
    const names = textList(value);
    if (!Array.isArray(names)) return [{ set: ['pki', 'sans'], value }];
    const outcomes: Outcome[] = names
      .filter((name) => name !== placeholder)
      .map((name) => ({ set: ['pki', 'sans', '+'], value: name }));
    if (names.includes(placeholder))
      outcomes.push({
        warning: `The seed's placeholder ${placeholder} is not put into the API server's certificate: it belongs to somebody else.`,
        hint: 'Take it out of the file.',
      });
    return outcomes;
  });

/** system_* count only with system_reserved_enabled. */
const systemReserved = (key: string, seedDefault: string): SeedVariable =>
  row((value, get): Outcome[] => {
    if (toBool(get('system_reserved_enabled')))
      return [{ set: ['kubernetes', 'systemReserved', key], value: text(value) }];
    return [
      { warning: 'It has no effect without system_reserved_enabled.', hint: 'Set system_reserved_enabled: true.' },
    ];
  }, seedDefault);

/** Kubernetes, its certificates, and the add-ons that are switches in our file. */
export const kubernetesVariables: Record<string, SeedVariable> = {
  kube_version: row(
    (value): Outcome[] => [
      { set: ['kubernetes', 'version'], value: typeof value === 'string' ? value.replace(/^v/, '') : value },
    ],
    '1.30.5',
  ),
  kube_cni_version: row((value): Outcome[] => {
    const version = String(value);
    return [{ set: ['kubernetes', 'cniPackageVersion'], value: /-/.test(version) ? version : `${version}-1.1` }];
  }, '1.4.0'),
  kube_image_repository: row(
    (value): Outcome[] => [
      { set: ['images', 'repository'], value: typeof value === 'string' ? value.replace(/\/+$/, '') : value },
    ],
    'registry.aliyuncs.com/kubeadm-ha',
  ),
  kube_certs_expired: to('pki.leafDays', integer, 3650),
  kube_ca_certs_expired: to('pki.caDays', integer, 36500),
  kube_master_external_ip: sans('8.8.8.8'),
  kube_master_external_domain: sans('kubernetes.io'),
  kube_dns_domain: to('kubernetes.dnsDomain', text, 'cluster.local'),
  kube_pod_subnet: to('kubernetes.podSubnet', text, '10.244.0.0/18'),
  kube_service_subnet: to('kubernetes.serviceSubnet', text, '10.244.64.0/18'),
  kube_network_node_prefix: to('kubernetes.nodePrefix', integer, 24),
  kubelet_root_dir: to('kubernetes.kubeletRootDir', text, '/var/lib/kubelet'),
  kube_service_node_port_range: to('kubernetes.nodePortRange', text, '30000-32767'),
  kube_proxy_mode: to('kubernetes.proxyMode', text, 'iptables'),
  kube_max_pods: to('kubernetes.maxPods', integer, 110),
  eviction_hard_imagefs_available: row((v) => eviction('imagefs.available', v), '15%'),
  eviction_hard_memory_available: row((v) => eviction('memory.available', v), '100Mi'),
  eviction_hard_nodefs_available: row((v) => eviction('nodefs.available', v), '10%'),
  eviction_hard_nodefs_inodes_free: row((v) => eviction('nodefs.inodesFree', v), '5%'),
  kube_cpu_reserved: to('kubernetes.kubeReserved.cpu', text, '100m'),
  kube_memory_reserved: to('kubernetes.kubeReserved.memory', text, '256M'),
  kube_ephemeral_storage_reserved: to('kubernetes.kubeReserved.ephemeral-storage', text, '1G'),
  system_reserved_enabled: row((value, get): Outcome[] =>
    toBool(value)
      ? (
          [
            ['system_cpu_reserved', 'cpu', '500m'],
            ['system_memory_reserved', 'memory', '512M'],
            ['system_ephemeral_storage_reserved', 'ephemeral-storage', '10G'],
          ] as const
        ).map(([name, key, seedDefault]) => ({
          set: ['kubernetes', 'systemReserved', key],
          value: text(get(name) ?? seedDefault),
        }))
      : [],
  ),
  system_cpu_reserved: systemReserved('cpu', '500m'),
  system_memory_reserved: systemReserved('memory', '512M'),
  system_ephemeral_storage_reserved: systemReserved('ephemeral-storage', '10G'),
  kube_encryption_algorithm: to('kubernetes.encryption.algorithm', text, 'aescbc'),
  kubernetes_audit: to('kubernetes.audit.enabled', flag, false),
  audit_log_maxage: to('kubernetes.audit.maxAge', integer, 30),
  audit_log_maxbackups: to('kubernetes.audit.maxBackup', integer, 10),
  audit_log_maxsize: to('kubernetes.audit.maxSize', integer, 100),
  audit_log_hostpath: row(
    (value): Outcome[] => [
      {
        set: ['kubernetes', 'audit', 'logPath'],
        value: typeof value === 'string' ? `${value.replace(/\/+$/, '')}/audit.log` : value,
      },
    ],
    '/var/log/kubernetes/audit',
  ),
  audit_policy_file: to('kubernetes.audit.policyFile', text, '/etc/kubernetes/config/apiserver-audit-policy.yaml'),
  audit_policy_custom_rules: row((value): Outcome[] => {
    if (typeof value !== 'string') return [{ set: ['kubernetes', 'audit', 'rules'], value }];
    try {
      return [{ set: ['kubernetes', 'audit', 'rules'], value: parse(value, { logLevel: 'error' }) as unknown }];
    } catch {
      return [{ error: 'The rules are not YAML.', hint: 'Indent them as a list of rules, as in an audit policy.' }];
    }
  }),
  kube_apiserver_enable_admission_plugins: to('kubernetes.admissionPlugins.enable', textList, ['NodeRestriction']),
  kube_apiserver_disable_admission_plugins: to('kubernetes.admissionPlugins.disable', textList, []),
  kube_controller_node_monitor_grace_period: to('kubernetes.monitorGracePeriod', text, '40s'),
  kube_controller_node_monitor_period: to('kubernetes.monitorPeriod', text, '5s'),
  kube_controller_terminated_pod_gc_threshold: to('kubernetes.terminatedPodGcThreshold', integer, 10),
  kube_kubeadm_apiserver_extra_args: to('kubernetes.extraArgs.apiServer', extraArgs, {}),
  kube_kubeadm_controller_extra_args: to('kubernetes.extraArgs.controllerManager', extraArgs, {}),
  kube_kubeadm_scheduler_extra_args: to('kubernetes.extraArgs.scheduler', extraArgs, {}),
  apiserver_extra_volumes: to('kubernetes.extraVolumes.apiServer', volumes, {}),
  controller_manager_extra_volumes: to('kubernetes.extraVolumes.controllerManager', volumes, {}),
  scheduler_extra_volumes: to('kubernetes.extraVolumes.scheduler', volumes, {}),

  network_plugins_enabled: row((value) => (toBool(value) ? [] : [{ set: ['network', 'plugin'], value: 'none' }]), true),
  network_plugin: row((value, get): Outcome[] => {
    const enabled = get('network_plugins_enabled');
    return enabled !== undefined && !toBool(enabled) ? [] : [{ set: ['network', 'plugin'], value }];
  }, 'calico'),
  flannel_backend: to('network.flannel.backend', text, 'vxlan'),
  flannel_image: to('network.flannel.image', text),
  flannel_cni_plugin_image: to('network.flannel.cniPluginImage', text),

  wait_plugins_ready: to('addons.wait', flag, true),
  metrics_server_enabled: to('addons.metricsServer', flag, true),
  kubernetesui_dashboard_enabled: to('addons.dashboard', flag, false),
  cert_manager_enabled: to('addons.certManager', flag, false),
  ingress_controller_enabled: row(
    (value, get): Outcome[] => [
      { set: ['addons', 'ingress'], value: toBool(value) ? text(get('ingress_controller_tpye') ?? 'nginx') : 'none' },
    ],
    true,
  ),
  ingress_controller_tpye: row((value, get): Outcome[] => {
    const enabled = get('ingress_controller_enabled');
    return enabled === undefined || toBool(enabled) ? [{ set: ['addons', 'ingress'], value }] : [];
  }, 'nginx'),
};

function eviction(signal: string, value: unknown): Outcome[] {
  return [{ set: ['kubernetes', 'eviction', signal], value: text(value) }];
}
