import { type Available, AVAILABLE } from '../available.ts';
import type { Cluster } from '../cluster.ts';
import type { Issue } from '../issue.ts';
import { error, warning } from './issues.ts';

/** Versions, certificates, directories, repositories, and what kha can't do yet. */
export function checkSettings(cluster: Cluster, available: Available = AVAILABLE): Issue[] {
  return [
    ...versions(cluster),
    ...certificates(cluster),
    ...directories(cluster),
    ...periods(cluster),
    ...trust(cluster),
    ...notYet(cluster, available),
  ];
}

function versions({ kubernetes }: Cluster): Issue[] {
  const { version, packageVersion, proxyMode, release } = kubernetes;
  const issues: Issue[] = [];
  const packaged = /^(?:\d+:)?v?(\d+\.\d+\.\d+)(?!\d)/.exec(packageVersion)?.[1];
  if (packaged !== version)
    issues.push(
      error(
        ['kubernetes', 'packageVersion'],
        `The packages are of version ${packageVersion}, the cluster of ${version}.`,
        `Use the same version, for example ${version}${release.packageRevision}.`,
      ),
    );
  if (!release.proxyModes.includes(proxyMode))
    issues.push(
      error(
        ['kubernetes', 'proxyMode'],
        `kube-proxy of Kubernetes ${version} has no mode ${proxyMode}.`,
        `Choose one of: ${release.proxyModes.join(', ')}.`,
      ),
    );
  return issues;
}

function certificates({ pki }: Cluster): Issue[] {
  const issues: Issue[] = [];
  for (const [leaf, ca] of [
    ['leafDays', 'caDays'],
    ['etcdLeafDays', 'etcdCaDays'],
  ] as const)
    if (pki[leaf] > pki[ca])
      issues.push(
        error(
          ['pki', leaf],
          `Certificates for ${pki[leaf]} days would outlive their CA of ${pki[ca]} days.`,
          `Lower \`pki.${leaf}\` or raise \`pki.${ca}\`.`,
        ),
      );
  return issues;
}

function directories(cluster: Cluster): Issue[] {
  const used = [
    { path: ['etcd', 'dataDir'], dir: cluster.etcd.dataDir },
    { path: ['kubernetes', 'kubeletRootDir'], dir: cluster.kubernetes.kubeletRootDir },
    { path: ['runtime', 'storageDir'], dir: cluster.runtime.storageDir },
    { path: ['runtime', 'stateDir'], dir: cluster.runtime.stateDir },
  ];
  const clean = (dir: string): string => `${dir.replace(/\/+/g, '/').replace(/\/$/, '')}/`;
  return used.flatMap(({ path, dir }, i) => {
    if (clean(dir) === '/') return [error(path, 'The directory is the root of the file system.', 'Choose another.')];
    const other = used
      .slice(0, i)
      .find((o) => clean(dir).startsWith(clean(o.dir)) || clean(o.dir).startsWith(clean(dir)));
    if (!other || clean(other.dir) === '/') return [];
    return [
      error(
        path,
        `The directory ${dir} and the directory ${other.dir} of \`${other.path.join('.')}\` lie in each other.`,
        'Give each its own directory.',
      ),
    ];
  });
}

function periods({ kubernetes }: Cluster): Issue[] {
  const grace = seconds(kubernetes.monitorGracePeriod);
  const period = seconds(kubernetes.monitorPeriod);
  if (grace > period) return [];
  return [
    error(
      ['kubernetes', 'monitorGracePeriod'],
      `Nodes may be silent for ${kubernetes.monitorGracePeriod}, but are looked at every ${kubernetes.monitorPeriod}: they would never be ready.`,
      'Use a multiple of monitorPeriod, for example 40s with 5s.',
    ),
  ];
}

/** Go's duration in seconds. */
function seconds(duration: string): number {
  const units: Record<string, number> = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? 's'] ?? 1),
    0,
  );
}

function trust(cluster: Cluster): Issue[] {
  const issues: Issue[] = [];
  const names = new Set<string>();
  cluster.packages.repositories.forEach((repository, i) => {
    if (names.has(repository.name))
      issues.push(
        error(
          ['packages', 'repositories', i, 'name'],
          `Two package repositories are called ${repository.name}.`,
          'Give each its own name; it becomes a file name.',
        ),
      );
    names.add(repository.name);
    if (repository.keyUrl === undefined && repository.url.startsWith('http://'))
      issues.push(
        warning(
          ['packages', 'repositories', i, 'url'],
          `Packages of ${repository.name} come over plain http and without a signature.`,
          'Set `keyUrl`, or use https; whoever is on the way can replace them.',
        ),
      );
  });
  for (const registry of cluster.runtime.registries)
    if (registry.insecure)
      issues.push(
        warning(
          ['runtime', 'registries', registry.name],
          `Certificates of the endpoints of ${registry.name} are not verified.`,
          'Set `caFile` instead of `insecure`.',
        ),
      );
  if (!cluster.kubernetes.encryption.enabled)
    issues.push(
      warning(
        ['kubernetes', 'encryption', 'enabled'],
        'Secrets will lie in clear text in etcd and in its backups.',
        'Leave encryption on.',
      ),
    );
  return issues;
}

function notYet(cluster: Cluster, available: Available): Issue[] {
  const issues: Issue[] = [];
  const choice = (path: string[], what: string, chosen: string, possible: readonly string[]): void => {
    if (possible.includes(chosen)) return;
    issues.push(
      error(path, `This version of kha has no ${what} ${chosen} yet.`, `Choose one of: ${possible.join(', ')}.`),
    );
  };
  choice(['loadBalancer', 'mode'], 'load balancer', cluster.loadBalancer.mode, available.loadBalancers);
  choice(['network', 'plugin'], 'network', cluster.network.plugin, available.networks);
  if (cluster.roles.lb.length > 0 && !available.virtualAddress)
    issues.push(
      error(
        ['loadBalancer', 'hosts'],
        'This version of kha has no load balancer hosts with a virtual address yet.',
        'Leave `hosts` and `address` out to have a proxy on every node, or use `mode: slb`.',
      ),
    );
  const addons: [keyof Cluster['addons'], boolean][] = [
    ['metricsServer', cluster.addons.metricsServer],
    ['ingress', cluster.addons.ingress !== 'none'],
    ['dashboard', cluster.addons.dashboard],
    ['certManager', cluster.addons.certManager],
  ];
  for (const [name, on] of addons)
    if (on && !available.addons.includes(name))
      issues.push(
        warning(
          ['addons', name],
          `The add-on ${name} has no effect in this version of kha yet.`,
          'Install it yourself when the cluster is ready.',
        ),
      );
  return issues;
}
