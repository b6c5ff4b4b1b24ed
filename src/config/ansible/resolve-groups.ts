import type { Inventory, InventoryGroup } from './inventory.ts';
import type { Located } from './located.ts';

/** Who is in which group, and which variables a host has; everything is worked out once. */
export interface ResolvedInventory {
  /** Hosts of a group and of its children, in the order of the file. `all` has every host. */
  hostsOf(group: string): string[];
  /** Groups of a host, its own and their parents, without `all`, by name. */
  groupsOf(host: string): string[];
  /**
   * Variables of a host by Ansible's precedence: all, then parent groups, then child groups (of one depth by name),
   * then its own.
   */
  variablesOf(host: string): Map<string, Located>;
}

export function resolveInventory(inventory: Inventory): ResolvedInventory {
  const members = new Map<string, string[]>();
  const groups = new Map<string, string[]>();
  for (const name of inventory.groups.keys()) {
    members.set(name, name === 'all' ? [...inventory.hosts.keys()] : membersOf(inventory, name));
    if (name === 'all' || name === 'ungrouped') continue;
    for (const host of members.get(name) ?? []) groups.set(host, [...(groups.get(host) ?? []), name].sort());
  }
  const depths = depthOfGroups(inventory);
  const byDepth = (a: InventoryGroup, b: InventoryGroup): number =>
    (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0) || (a.name < b.name ? -1 : 1);
  const variables = new Map<string, Map<string, Located>>();
  const variablesOf = (host: string): Map<string, Located> => {
    const merged = new Map<string, Located>(inventory.groups.get('all')?.vars);
    const own = (groups.get(host) ?? []).map((name) => inventory.groups.get(name) as InventoryGroup);
    for (const group of own.sort(byDepth)) for (const [name, value] of group.vars) merged.set(name, value);
    for (const [name, value] of inventory.hosts.get(host)?.vars ?? []) merged.set(name, value);
    return merged;
  };
  return {
    hostsOf: (group) => members.get(group) ?? [],
    groupsOf: (host) => groups.get(host) ?? [],
    variablesOf: (host) => {
      const known = variables.get(host) ?? variablesOf(host);
      variables.set(host, known);
      return known;
    },
  };
}

function membersOf(inventory: Inventory, groupName: string): string[] {
  const names = new Set<string>();
  const visit = (name: string): void => {
    const group = inventory.groups.get(name);
    for (const host of group?.hosts.keys() ?? []) names.add(host);
    for (const child of group?.children ?? []) visit(child);
  };
  visit(groupName);
  return [...names];
}

function depthOfGroups(inventory: Inventory): Map<string, number> {
  const depths = new Map<string, number>();
  const visit = (name: string, depth: number): void => {
    if ((depths.get(name) ?? -1) >= depth) return;
    depths.set(name, depth);
    for (const child of inventory.groups.get(name)?.children ?? []) visit(child, depth + 1);
  };
  for (const name of inventory.groups.keys()) visit(name, name === 'all' ? 0 : 1);
  return depths;
}
