import { isIP } from 'node:net';
import { didYouMean } from '../../cluster/did-you-mean.ts';
import type { Source, SourceFile } from '../source.ts';
import { readClusterVariables } from './cluster-variables.ts';
import { readHosts } from './hosts.ts';
import { type Inventory, parseInventory } from './inventory.ts';
import type { Located, Trouble } from './located.ts';
import { type ResolvedInventory, resolveInventory } from './resolve-groups.ts';
import { createScope, KNOWN_GROUPS } from './scope.ts';
import { createSeedDocument, placed, type SeedDocument } from './seed-document.ts';
import { readVariablesFile, readVariablesText } from './variables-file.ts';

export interface SeedFiles {
  inventory: SourceFile;
  /** In the order of the command line; a later one wins. `inline`: text of `-e name=value`. */
  extraVars: (SourceFile & { inline?: boolean })[];
  /** Name of the cluster; the seed has none. */
  name: string;
}

const ROLES: [string, string[]][] = [
  ['kube-master', ['masters']],
  ['kube-worker', ['workers']],
  ['etcd', ['etcd', 'hosts']],
  ['lb', ['loadBalancer', 'hosts']],
];
const OPERATIONS: Record<string, string> = {
  'new-master': 'add-master',
  'new-worker': 'add-worker',
  'new-etcd': 'add-etcd',
  'del-worker': 'remove-worker',
  'del-master': 'remove-master',
  'del-etcd': 'remove-etcd',
  'del-node': 'remove-node',
};

/** Reads the seed's files into a document of the cluster file's shape. Everything that was not used is reported. */
export function readSeed(files: SeedFiles): Source {
  const inventory = parseInventory(files.inventory);
  const extra = new Map<string, Located>();
  const troubles: Trouble[] = [...inventory.troubles];
  for (const file of files.extraVars) {
    const read = file.inline ? readVariablesText(file) : readVariablesFile(file);
    troubles.push(...read.troubles);
    for (const [name, value] of read.variables) extra.set(name, value);
  }
  const resolved = resolveInventory(inventory);
  const seed = createSeedDocument();
  seed.set(['name'], files.name, { file: files.inventory, offset: 0 });
  const hosts = membersOf(inventory, resolved, troubles);
  const scope = createScope(inventory, resolved, extra);
  const secrets = readHosts({ hosts, inventory, scope, seed, troubles, cluster: files.name });
  secrets.push(...readClusterVariables({ hosts, inventory, scope, seed, troubles, cluster: files.name }));
  readRoles(inventory, resolved, seed, hosts);
  checkGroups(inventory, resolved, troubles);
  const unique = new Map(troubles.map((t) => [`${t.file.name}:${t.offset}:${t.message}`, t]));
  return {
    document: inventory.hosts.size === 0 && troubles.some((t) => t.severity !== 'warning') ? undefined : seed.document,
    locate: (path) => seed.locate(path),
    problems: [...unique.values()].map(placed),
    files: [files.inventory, ...files.extraVars],
    secrets,
  };
}

/** Hosts of the cluster: all but those that only wait in a new-… group for another operation. */
function membersOf(inventory: Inventory, resolved: ResolvedInventory, troubles: Trouble[]): string[] {
  return [...inventory.hosts.keys()].filter((name) => {
    const groups = resolved.groupsOf(name);
    const waiting = groups.find((g) => g.startsWith('new-') && Object.hasOwn(OPERATIONS, g));
    if (!waiting || ROLES.some(([group]) => groups.includes(group))) return true;
    const host = inventory.groups.get(waiting)?.hosts.get(name) ?? inventory.hosts.get(name);
    if (host)
      troubles.push({
        file: host.file,
        offset: host.offset,
        message: `Host ${name} is in [${waiting}] only, so it is left out here.`,
        hint: `The operation ${OPERATIONS[waiting]} adds it to a cluster.`,
        severity: 'warning',
      });
    return false;
  });
}

function readRoles(inventory: Inventory, resolved: ResolvedInventory, seed: SeedDocument, hosts: string[]): void {
  for (const [name, path] of ROLES) {
    const group = inventory.groups.get(name);
    const members = resolved.hostsOf(name).filter((host) => hosts.includes(host));
    if (name === 'lb' && members.length === 0) continue;
    seed.set(path, [], group ?? { file: inventory.file, offset: 0 });
    for (const host of members) {
      const at = group?.hosts.get(host) ?? inventory.hosts.get(host);
      if (at) seed.set([...path, '+'], host, at);
    }
  }
  const addresses = hosts.every((name) => isIP(name) !== 0 && addressIs(seed, name));
  const first = hosts[0] === undefined ? undefined : inventory.hosts.get(hosts[0]);
  if (first) seed.set(['nodeNames'], addresses ? 'address' : 'hostname', first);
}

/** True where the host's address is its name: the seed's style of nodes that are called by their address. */
function addressIs(seed: SeedDocument, name: string): boolean {
  const hosts = seed.document.hosts as Record<string, { address?: unknown } | string> | undefined;
  const host = hosts?.[name];
  return (typeof host === 'string' ? host : host?.address) === name;
}

function checkGroups(inventory: Inventory, resolved: ResolvedInventory, troubles: Trouble[]): void {
  for (const group of inventory.groups.values()) {
    const operation = OPERATIONS[group.name];
    const members = resolved.hostsOf(group.name);
    if (operation && members.length > 0 && group.name.startsWith('del-'))
      troubles.push({
        file: group.file,
        offset: group.offset,
        message: `The group [${group.name}] has no effect here: ${members.join(', ')} ${members.length === 1 ? 'stays' : 'stay'} in the cluster.`,
        hint: `Name the hosts to the operation ${operation} instead.`,
        severity: 'warning',
      });
    if (KNOWN_GROUPS.includes(group.name)) continue;
    const near = didYouMean(group.name, KNOWN_GROUPS.slice(2));
    const orphans = members.filter((host) => !resolved.groupsOf(host).some((g) => KNOWN_GROUPS.includes(g)));
    if (near && orphans.length > 0)
      troubles.push({
        file: group.file,
        offset: group.offset,
        message: `The group [${group.name}] means nothing to kha.`,
        hint: `Did you mean [${near}]?`,
        severity: 'warning',
      });
  }
}
