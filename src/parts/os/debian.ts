import type { OperatingSystem } from './os.ts';

/** Debian and Ubuntu. The list is what the packages and the preflight of kubeadm and kubelet ask for. */
export const debian: OperatingSystem = {
  id: 'debian',
  matches: ({ os, packageManager }) =>
    packageManager === 'apt' && [os.id, ...os.idLike].some((id) => id === 'debian' || id === 'ubuntu'),
  basePackages: ({ kubernetes, system }) => [
    'ca-certificates',
    'conntrack',
    'curl',
    'ebtables',
    'ethtool',
    'iproute2',
    'iptables',
    'kmod',
    'procps',
    'socat',
    ...(kubernetes.proxyMode === 'ipvs' ? ['ipset', 'ipvsadm'] : []),
    ...(kubernetes.proxyMode === 'nftables' ? ['nftables'] : []),
    ...(system.timezone === undefined ? [] : ['tzdata']),
  ],
  firewallUnits: ['ufw.service', 'firewalld.service'],
};
