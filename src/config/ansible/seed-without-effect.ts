import { none, row } from './rows.ts';
import type { SeedVariable } from './seed-variables.ts';

const LEAVE = 'Leave it or take it out; kha does without.';
const LATER = 'It has no effect in this version of kha yet.';

const group = (names: string[], reason: string, hint = LEAVE): Record<string, SeedVariable> =>
  Object.fromEntries(names.map((name) => [name, none(reason, hint)]));

/** Variables of the seed that kha knows and does nothing with, and why. */
export const withoutEffect: Record<string, SeedVariable> = {
  kubeadm_token: none(
    'It is ignored: kha makes bootstrap tokens of its own, which live for minutes and are pinned to the CA.',
    'Take it out of the file; whoever knows a token that never ends can join the cluster.',
  ),
  kube_encrypt_token: none(
    'It is ignored: kha makes a random key for each cluster and keeps it in the encrypted store.',
    'Take it out of the file; the one of the examples is public.',
  ),
  lb_keepalived_password: none(
    'It is ignored: kha makes a password for each cluster and keeps it in the encrypted store.',
    'Take it out of the file; the one of the examples is public.',
  ),
  ...group(
    ['lb_keepalived_priority', 'lb_keepalived_state', 'lb_keepalived_unicast_peers'],
    'It is ignored: all load balancer hosts begin alike, each with a priority of its own, and know each other.',
  ),
  ...group(
    [
      'lb_haproxy_stats_bind_address',
      'lb_haproxy_stats_uri',
      'lb_haproxy_stats_refresh',
      'lb_haproxy_stats_user',
      'lb_envoy_admin_address_port',
    ],
    'It is ignored: statistics are read at /statistics of the health port, on the host alone, and nobody can change anything there.',
  ),
  lb_haproxy_stats_password: none(
    'It is ignored: statistics are read at /statistics of the health port, on the host alone, with a password that each host makes for itself.',
    'Take it out of the file: it lies there in clear text.',
    'admin',
  ),
  lb_haproxy_balance_alg: row(
    (value) =>
      value === 'leastconn'
        ? []
        : [{ warning: 'It is ignored: kha always sends a connection to where the fewest are.', hint: LEAVE }],
    'leastconn',
  ),
  ...group(
    ['enabel_ingress_nodeport_lb', 'enabel_ingress_tls_nodeport_lb'],
    'The seed itself does nothing with it any more.',
  ),
  nftables_to_iptables: none('The seed itself does nothing with it.', LEAVE, false),
  command_warnings: none("It is a setting of Ansible's.", LEAVE),
  restar_container_manager_force: none('kha restarts the runtime only where its configuration changed.', LEAVE),
  containerd_metrics_address: none(LATER, 'Put it into a TOML file that `runtime.imports` names.', ''),
  containerd_metrics_grpc_histogram: none(LATER, 'Put it into a TOML file that `runtime.imports` names.', false),
  containerd_default_runtime: none('kha always uses runc by default.', LEAVE, 'runc'),
  containerd_runtimes: none(
    'kha configures runc.',
    'Put other runtimes into a TOML file that `runtime.imports` names.',
  ),
  containerd_use_systemd_cgroup: none('kha always uses the systemd cgroup driver.', LEAVE),
  containerd_registries_config_dir: none('kha always uses /etc/containerd/certs.d.', LEAVE, '/etc/containerd/certs.d'),
  containerd_extra_args: none(
    'kha does not paste text into its TOML.',
    'Put it into a TOML file that `runtime.imports` names.',
    '',
  ),
  ...group(
    [
      'docker_version',
      'docker_mirror',
      'docker_insecure_registries',
      'docker_log_driver',
      'docker_log_level',
      'docker_log_max_size',
      'docker_log_max_file',
      'docker_storage_dir',
      'docker_bip',
      'docker_max_concurrent_downloads',
      'cri_dockerd_download_url',
    ],
    'It is about Docker; kha runs containers with containerd.',
  ),
  coredns_image: none(
    'The seed itself does nothing with it.',
    'Set `dns.image` in a cluster file to choose the image.',
  ),
  kube_controller_pod_eviction_timeout: none('Kubernetes has no such flag since 1.27.', LEAVE, '2m0s'),
  kube_upgrade_version: none('It belongs to the operation upgrade-cluster.', 'Give the version to that operation.'),
  ...group(
    ['chrony_enabled', 'ntp_server', 'chrony_image'],
    'kha compares the clocks of the hosts and does not set them.',
    'Let the system keep the time, for example with chrony or systemd-timesyncd.',
  ),
  ...group(['etcd_backup_hour', 'etcd_backup_expiry'], `It belongs to backups. ${LATER}`),
  ...group(
    [
      'nginx_ingress_image',
      'nginx_ingress_webhook_certgen_image',
      'traefik_certs_expired',
      'traefik_ingress_image',
      'kubernetesui_dashboard_certs_expired',
      'kubernetesui_dashboard_image',
      'kubernetesui_metrics_scraper_image',
      'metrics_server_image',
      'acme_server',
      'acme_email',
      'cert_manager_cainjector_image',
      'cert_manager_webhook_image',
      'cert_manager_controller_image',
      'cert_manager_acmesolver_image',
    ],
    `It belongs to an add-on. ${LATER}`,
  ),
  ...group(
    [
      'calico_backend',
      'calico_ipv4pool_ipip',
      'calico_veth_mtu',
      'calico_typha_image',
      'calico_cni_image',
      'calico_node_image',
      'calico_kube_controllers_image',
      'calico_felix_log_level',
      'calicoctl_image',
      'flannel_enable_nftables',
    ],
    `It belongs to the network plugin. ${LATER}`,
  ),
  ...group(
    [
      'host_architecture',
      'host_distribution',
      'host_distribution_release',
      'current_host_ip',
      'cri_socket',
      'image_pull_command',
      'kube_apiserver_ip',
      'kubernetes_service_ip',
      'cluster_dns_service_ip',
      'kubelet_args_base',
      'etcd_initial_cluster',
      'etcd_cluster_state',
      'etcd_new_member',
    ],
    'The seed derives it and says not to set it; kha derives its own.',
  ),
};
