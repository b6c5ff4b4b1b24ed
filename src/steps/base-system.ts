import type { Cluster, Host } from '../cluster/cluster.ts';
import { parseAddress } from '../cluster/cidr.ts';
import { pillars } from '../cluster/role.ts';
import { lines, text } from '../formats/text.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { systemdUnit } from '../formats/systemd-unit.ts';
import { absent } from '../graph/effects/absent.ts';
import { block } from '../graph/effects/block.ts';
import { command } from '../graph/effects/command.ts';
import { file } from '../graph/effects/file.ts';
import { kernelModules } from '../graph/effects/kernel-module.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { swapOff } from '../graph/effects/swap-off.ts';
import { sysctl } from '../graph/effects/sysctl.ts';
import { timezone } from '../graph/effects/timezone.ts';
import { step } from '../graph/step.ts';
import type { OperatingSystem } from '../parts/os/os.ts';
import { osOf } from '../parts/os/registry.ts';
import { kernelModulesOf, sysctlsOf } from '../parts/kernel-settings.ts';

const LIMITS = '100000';

export const baseSystem = step({
  id: 'base-system',
  title: 'Base system',
  why: 'Pods need a kernel that forwards and filters, no swap, names of all hosts, and no foreign firewall in the way.',
  hosts: (cluster) => cluster.hosts,
  effects: ({ cluster, facts }, host) => [
    ...(cluster.system.timezone === undefined ? [] : [timezone(cluster.system.timezone)]),
    swapOff(),
    file('/etc/modules-load.d/10-kha.conf', `${kernelModulesOf(cluster).join('\n')}\n`),
    kernelModules(kernelModulesOf(cluster)),
    file('/etc/sysctl.d/95-kha.conf', sysctlFile(cluster)),
    sysctl(sysctlsOf(cluster)),
    namesOfHosts(cluster, host),
    ...limits(),
    ...(cluster.system.disableFirewall ? [firewallOff(osOf(facts[host.name]))] : []),
    aptProxy(cluster),
  ],
  policy: 'install',
});

const sysctlFile = (cluster: Cluster): string => text`
  # Kernel settings for Kubernetes; more in system.sysctls of the cluster file.
  ${lines(Object.entries(sysctlsOf(cluster)).map(([key, value]) => `${key} = ${value}`))}
`;

/** What a host calls the others. */
export const namesOfHosts = (cluster: Cluster, host: Host): Effect =>
  block('/etc/hosts', `cluster ${cluster.name}`, hostsBlock(cluster, host));

/**
 * Itself and those that all depend on, each by its name and its name in the cluster's domain, then what the cluster file adds.
 * Not the other workers: a new one would have to be told to all hosts.
 */
function hostsBlock(cluster: Cluster, self: Host): string {
  const known = new Set([...pillars(cluster), self]);
  const named = cluster.hosts
    .filter((host) => known.has(host))
    .map((host) => {
      const names = [host.name, host.nodeName, `${host.name}.${cluster.kubernetes.dnsDomain}`];
      return `${host.address} ${[...new Set(names.filter((name) => !parseAddress(name)))].join(' ')}`;
    });
  const more = Object.entries(cluster.system.hosts).map(([address, names]) => `${address} ${names.join(' ')}`);
  return text`
    ${lines([...named, ...more])}
  `;
}

/** systemd reads its own file at a reload; services get the limits at their next start. */
function limits(): Effect[] {
  const path = '/etc/systemd/system.conf.d/30-kha-limits.conf';
  return [
    file(
      path,
      systemdUnit('Open files and processes that services may have.', {
        Manager: { DefaultLimitNOFILE: LIMITS, DefaultLimitNPROC: LIMITS },
      }),
    ),
    command('limits of services', {
      look: sh`systemctl show -p DefaultLimitNOFILE --value`,
      want: LIMITS,
      act: sh`systemctl daemon-reload`,
    }),
  ];
}

const firewallOff = (os: OperatingSystem): Effect =>
  command(`no firewall (${os.firewallUnits.join(', ')})`, {
    look: shJoin([
      sh`r=; for u in ${os.firewallUnits}; do`,
      sh`  if systemctl -q is-active "$u" || systemctl -q is-enabled "$u"; then r="$r $u"; fi`,
      sh`done`,
      sh`if [ -z "$r" ]; then echo off; else echo "on:$r"; fi`,
    ]),
    want: 'off',
    act: shJoin([
      sh`for u in ${os.firewallUnits}; do`,
      sh`  if systemctl -q is-active "$u" || systemctl -q is-enabled "$u"; then systemctl disable --now "$u"; fi`,
      sh`done`,
    ]),
  });

function aptProxy(cluster: Cluster): Effect {
  const path = '/etc/apt/apt.conf.d/95-kha-proxy.conf';
  const { http, https } = cluster.proxy;
  const proxies = [
    ...(http === undefined ? [] : [`Acquire::http::Proxy "${http}";`]),
    ...(https === undefined ? [] : [`Acquire::https::Proxy "${https}";`]),
    ...cluster.proxy.no
      .filter((name) => /^[A-Za-z0-9.-]+$/.test(name) && !name.startsWith('.'))
      .flatMap((name) => [`Acquire::http::Proxy::${name} "DIRECT";`, `Acquire::https::Proxy::${name} "DIRECT";`]),
  ];
  return http === undefined && https === undefined
    ? absent(path)
    : file(
        path,
        text`
    // Packages are fetched through the proxy of the cluster file.
    ${lines(proxies)}
  `,
      );
}
