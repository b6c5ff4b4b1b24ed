import { isIP } from 'node:net';
import { didYouMean } from '../../cluster/did-you-mean.ts';
import type { Source, SourceFile } from '../source.ts';
import { readClusterVariables } from './cluster-variables.ts';
import { readHosts } from './hosts.ts';
import { type Inventory, parseInventory } from './inventory.ts';
import type { Located, Trouble } from './located.ts';
import { type ResolvedInventory, resolveInventory } from './resolve-groups.ts';
import { readRequests, type Requests, ROLE_GROUPS } from './requests.ts';
import { createScope, KNOWN_GROUPS } from './scope.ts';
import { createSeedDocument, placed, type SeedDocument } from './seed-document.ts';
import { readVariablesFile, readVariablesText } from './variables-file.ts';

export interface SeedFiles {
  inventory: SourceFile;
  /** In the order of the command line; a later one wins. `inline`: text of `-e name=value`. */
  extraVars: (SourceFile & { inline?: boolean })[];
  /** Name of the cluster; the seed has none. */
  name: string;
  /** Its groups new-… and del-… say who comes and who leaves; else hosts that wait in them are as they are without. */
  heedRequests?: boolean;
}

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
  const requests = readRequests(inventory, resolved, files.heedRequests ?? false);
  const { hosts } = requests;
  troubles.push(...requests.troubles);
  const scope = createScope(inventory, resolved, extra);
  const secrets = readHosts({ hosts, inventory, scope, seed, troubles, cluster: files.name });
  secrets.push(...readClusterVariables({ hosts, inventory, scope, seed, troubles, cluster: files.name }));
  readRoles(inventory, requests, seed);
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

function readRoles(inventory: Inventory, requests: Requests, seed: SeedDocument): void {
  const { hosts } = requests;
  for (const role of ROLE_GROUPS) {
    const members = requests.members(role);
    if (role.group === 'lb' && members.length === 0) continue;
    const groups = [role.group, ...(role.joins ? [role.joins.group] : [])].flatMap(
      (name) => inventory.groups.get(name) ?? [],
    );
    seed.set(role.path, [], groups[0] ?? { file: inventory.file, offset: 0 });
    for (const host of members) {
      const at = groups.find((g) => g.hosts.has(host))?.hosts.get(host) ?? inventory.hosts.get(host);
      if (at) seed.set([...role.path, '+'], host, at);
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
    const members = resolved.hostsOf(group.name);
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
