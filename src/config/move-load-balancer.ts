import type { Cluster, Host } from '../cluster/cluster.ts';
import { type Finding, KhaError } from '../cluster/error.ts';
import { formatPath, type Path } from '../cluster/issue.ts';
import { controlPlaneEndpoint } from '../cluster/endpoint.ts';
import { hasLoadBalancer, isLb } from '../cluster/role.ts';

/** Do nodes go another way to the API servers in the one than in the other? */
export const isMoved = (recorded: Cluster, declared: Cluster): boolean =>
  controlPlaneEndpoint(recorded) !== controlPlaneEndpoint(declared);

/** The recorded cluster with the load balancer of the declared one; hosts that are nothing else come and leave with it. */
export function movedTo(recorded: Cluster, declared: Cluster): Cluster {
  const isThere = ({ hosts }: Cluster, name: string): boolean => hosts.some((h) => h.name === name);
  const { masters, workers, etcd } = recorded.roles;
  const others = new Set([...masters, ...workers, ...etcd]);
  const stays = ({ name }: Host): boolean => others.has(name) || isThere(declared, name);
  const comes = ({ name }: Host): boolean => declared.roles.lb.includes(name) && !isThere(recorded, name);
  return {
    ...recorded,
    hosts: [...recorded.hosts.filter(stays), ...declared.hosts.filter(comes)],
    roles: { ...recorded.roles, lb: declared.roles.lb },
    loadBalancer: declared.loadBalancer,
  };
}

/** Throws KHA2001 where the two ways can't stand side by side. */
export function demandBeside(recorded: Cluster, declared: Cluster): void {
  const findings = notBeside(recorded, declared);
  if (findings.length > 0)
    throw new KhaError(
      `${recorded.name} can't be led from ${controlPlaneEndpoint(recorded)} to ${controlPlaneEndpoint(declared)}.`,
      {
        code: 'KHA2001',
        blame: 'configuration',
        hint: 'Nothing was touched.',
        findings,
      },
    );
}

/** Why the two ways can't stand side by side, as they must while nodes go from the one to the other. */
export function notBeside(recorded: Cluster, declared: Cluster): Finding[] {
  if (!isMoved(recorded, declared)) return [];
  const [old, fresh] = [recorded.loadBalancer, declared.loadBalancer];
  const findings: Finding[] = [];
  const found = (path: Path, message: string, hint: string): void =>
    void findings.push({ severity: 'error', path: formatPath(['loadBalancer', ...path]), message, hint });
  const both = (has: (cluster: Cluster, host: Host) => boolean): string =>
    declared.hosts
      .filter((host) => recorded.hosts.some((h) => h.name === host.name && has(recorded, h)) && has(declared, host))
      .map((h) => h.name)
      .join(', ');
  const proxies = both(hasLoadBalancer);
  if (proxies !== '' && old.port !== fresh.port)
    found(
      ['port'],
      `${proxies} would have one proxy for both ways, and it listens at one port alone: ${old.port}, not ${fresh.port}.`,
      `Write ${old.port}.`,
    );
  const program = (lb: Cluster['loadBalancer']): string => `${lb.mode} of ${lb.image}, health port ${lb.healthPort}`;
  if (proxies !== '' && program(old) !== program(fresh))
    found(
      ['mode'],
      `${proxies} would have one proxy for both ways, and it can't become another meanwhile: it is ${program(old)}, not ${program(fresh)}.`,
      'Change that in a file of its own, before or after: kha start-workflow init-cluster --accept-changes',
    );
  const carriers = both(isLb);
  const hasHosts = recorded.roles.lb.length > 0 || declared.roles.lb.length > 0;
  if (old.address !== undefined && old.address === fresh.address && hasHosts)
    found(
      ['port'],
      `${old.address} would be in two places at once, at ${old.port} and ${fresh.port}.`,
      `Write ${old.port}.`,
    );
  else if (carriers !== '' && old.address !== fresh.address)
    found(
      ['address'],
      `${carriers} carry ${old.address}, and can't carry ${fresh.address} beside it.`,
      'Let other hosts carry the new one; or go by a file without `hosts` and `address`, and then by this one.',
    );
  return findings;
}
