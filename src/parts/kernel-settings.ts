import type { Cluster } from '../cluster/cluster.ts';

const PROXY_MODULES: Record<Cluster['kubernetes']['proxyMode'], string[]> = {
  iptables: [],
  ipvs: ['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_sh'],
  nftables: ['nf_tables'],
};

/** Modules in loading order. Without nf_conntrack kube-proxy fails on the limits it sets at its start. */
export const kernelModulesOf = ({ kubernetes, system }: Cluster): string[] => [
  ...new Set([
    'overlay',
    'br_netfilter',
    'nf_conntrack',
    ...PROXY_MODULES[kubernetes.proxyMode],
    ...system.kernelModules,
  ]),
];

/** Settings of every host, the cluster file's over ours. */
export function sysctlsOf({ kubernetes, system }: Cluster): Record<string, string> {
  const six = [kubernetes.podSubnet, kubernetes.serviceSubnet].some((subnet) => subnet.includes(':'));
  return {
    'net.ipv4.ip_forward': '1',
    ...(six ? { 'net.ipv6.conf.all.forwarding': '1' } : {}),
    'net.bridge.bridge-nf-call-iptables': '1',
    'net.bridge.bridge-nf-call-ip6tables': '1',
    'net.bridge.bridge-nf-call-arptables': '1',
    // Pods' answers may come by another interface than the one that the route to them names.
    'net.ipv4.conf.all.rp_filter': '0',
    'net.ipv4.conf.default.rp_filter': '0',
    'net.ipv4.conf.all.arp_announce': '2',
    'net.ipv4.conf.default.arp_announce': '2',
    'net.ipv4.neigh.default.gc_stale_time': '120',
    'net.ipv4.tcp_max_tw_buckets': '5000',
    'net.ipv4.tcp_max_syn_backlog': '1024',
    'net.ipv4.tcp_syncookies': '1',
    'net.ipv4.tcp_synack_retries': '2',
    'net.core.somaxconn': '32768',
    'net.netfilter.nf_conntrack_max': '524288',
    ...(kubernetes.proxyMode === 'ipvs'
      ? {
          'net.ipv4.tcp_keepalive_time': '600',
          'net.ipv4.tcp_keepalive_intvl': '30',
          'net.ipv4.tcp_keepalive_probes': '10',
        }
      : {}),
    'fs.inotify.max_user_instances': '8192',
    'fs.inotify.max_user_watches': '1048576',
    'vm.max_map_count': '655360',
    'vm.swappiness': '0',
    // What kubelet insists on with protectKernelDefaults.
    'vm.overcommit_memory': '1',
    'vm.panic_on_oom': '0',
    'kernel.panic': '10',
    'kernel.panic_on_oops': '1',
    'kernel.keys.root_maxkeys': '1000000',
    'kernel.keys.root_maxbytes': '25000000',
    ...system.sysctls,
  };
}
