import { isIP } from 'node:net';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { type Finding, KhaError } from '../cluster/error.ts';
import { formatPath } from '../cluster/issue.ts';
import type { Role } from '../cluster/role.ts';
import { listOf } from '../cluster/role-lists.ts';
import { validateCluster } from '../cluster/validate.ts';
import { isSubdomain } from './fields.ts';

interface Named {
  name: string;
  address: string;
  user?: string;
  port?: number;
}

/**
 * The cluster with more hosts in a role, each written `NAME=[USER@]ADDRESS[:PORT]` (an IPv6 address with a port in brackets), or
 * by the name alone where the cluster has the host already. A new one is connected to as the last host of that role is.
 * Throws KHA2001 with all that is wrong.
 */
export function addHosts(
  cluster: Cluster,
  role: Role,
  words: readonly string[],
): { cluster: Cluster; names: string[] } {
  const findings: Finding[] = [];
  const refuse = (message: string, hint: string): void => void findings.push({ severity: 'error', message, hint });
  const list = listOf[role];
  const last = cluster.hosts.find((h) => h.name === cluster.roles[list].at(-1)) ?? cluster.hosts.at(-1);
  const hosts = [...cluster.hosts];
  const names: string[] = [];
  for (const word of words) {
    const named = parse(word);
    const there = hosts.find((h) => h.name === (named?.name ?? word));
    if (named && there && there.address !== named.address)
      refuse(
        `${named.name} is recorded with the address ${there.address}, not ${named.address}.`,
        'Remove that host first, or give the new one another name.',
      );
    else if (
      there &&
      role === 'master' &&
      cluster.roles.workers.includes(there.name) &&
      !cluster.roles.masters.includes(there.name)
    )
      refuse(
        `${there.name} is a worker of ${cluster.name}; a node can't become a master where it stands.`,
        `Take it out first, then add it: kha start-workflow remove-node --cluster ${cluster.name} --host ${there.name}`,
      );
    else if (there) names.push(there.name);
    else if (named && last) {
      hosts.push(likeHost(last, named, cluster.nodeNames));
      names.push(named.name);
    } else
      refuse(
        `${word} names no host of ${cluster.name}, and has not the form of a new one.`,
        'Write NAME=ADDRESS, for example w3=10.0.0.13 or w3=ops@10.0.0.13:2222; a name has lower-case letters, digits, dashes and dots.',
      );
  }
  const members = [...new Set([...cluster.roles[list], ...names])];
  const grown: Cluster = { ...cluster, hosts, roles: { ...cluster.roles, [list]: members } };
  const known = new Set(validateCluster(cluster).map((issue) => issue.message));
  for (const issue of findings.length === 0 ? validateCluster(grown) : [])
    if (!known.has(issue.message))
      findings.push({
        severity: issue.severity,
        message: issue.message,
        path: formatPath(issue.path),
        ...(issue.hint === undefined ? {} : { hint: issue.hint }),
      });
  const errors = findings.filter((f) => f.severity === 'error').length;
  if (errors > 0)
    throw new KhaError(`The hosts can't be added to ${cluster.name}: ${errors} ${errors === 1 ? 'error' : 'errors'}.`, {
      code: 'KHA2001',
      blame: 'configuration',
      hint: 'Nothing was touched.',
      findings,
    });
  return { cluster: grown, names: [...new Set(names)] };
}

function parse(word: string): Named | undefined {
  const match = /^([^=]+)=(?:([^@]+)@)?(?:\[([^\]]+)\](?::(\d+))?|([^:]+)(?::(\d+))?|(.+))$/.exec(word);
  if (!match) return undefined;
  const [, name = '', user, bracketed, bracketedPort, plain, plainPort, rest] = match;
  const address = bracketed ?? plain ?? rest ?? '';
  const port = bracketedPort ?? plainPort;
  if (!isSubdomain(name) || isIP(address) === 0 || Number(port ?? 22) > 65535) return undefined;
  return {
    name,
    address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

function likeHost({ connection }: Host, { name, address, user, port }: Named, nodeNames: Cluster['nodeNames']): Host {
  return {
    name,
    address,
    nodeName: nodeNames === 'hostname' ? name : address,
    connection: {
      ...connection,
      name,
      address,
      hostKeys: [],
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
    },
  };
}
