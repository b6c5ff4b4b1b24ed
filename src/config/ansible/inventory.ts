import type { SourceFile } from '../source.ts';
import { literalEval } from './literal.ts';
import type { Located, Trouble } from './located.ts';
import { expandPattern } from './ranges.ts';
import { splitWords } from './words.ts';

export interface InventoryGroup {
  name: string;
  /** Names of hosts that stand in the group itself, and where. */
  hosts: Map<string, { file: SourceFile; offset: number }>;
  children: Set<string>;
  vars: Map<string, Located>;
  file: SourceFile;
  offset: number;
}

interface InventoryHost {
  name: string;
  vars: Map<string, Located>;
  file: SourceFile;
  offset: number;
}

/** An Ansible inventory as read; `all` and `ungrouped` are always there. */
export interface Inventory {
  file: SourceFile;
  groups: Map<string, InventoryGroup>;
  hosts: Map<string, InventoryHost>;
  troubles: Trouble[];
}

type Section = { group: InventoryGroup; kind: 'hosts' | 'vars' | 'children' } | undefined;

/**
 * Reads an INI inventory with the grammar of Ansible's own plugin: `[group]`, `[group:vars]`, `[group:children]`, host
 * lines with ranges, ports and variables, `#` and `;` comments, values by `literalEval`. Every mistake is reported.
 */
export function parseInventory(file: SourceFile): Inventory {
  const inventory: Inventory = { file, groups: new Map(), hosts: new Map(), troubles: [] };
  const pending = new Map<string, Trouble>();
  const declared = new Set<string>(['all', 'ungrouped']);
  groupNamed(inventory, 'all', file, 0);
  let section: Section = { group: groupNamed(inventory, 'ungrouped', file, 0), kind: 'hosts' };
  let offset = 0;
  for (const raw of file.text.split('\n')) {
    const line = raw.trim();
    const at = offset + (raw.length - raw.trimStart().length);
    offset += raw.length + 1;
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    // As in Ansible, what begins with a range is a host: [a:c]-web.
    if (/^\[[^\]]*(\]\s*([#;].*)?)?$/.test(line)) {
      section = openSection(inventory, file, line, at, declared, pending);
    } else if (section?.kind === 'hosts') hostLine(inventory, section.group, file, line, at);
    else if (section?.kind === 'vars') variableLine(inventory, section.group, file, line, at);
    else if (section?.kind === 'children') childLine(inventory, section.group, file, line, at, declared, pending);
  }
  for (const [name, trouble] of pending) if (!declared.has(name)) inventory.troubles.push(trouble);
  inventory.troubles.push(...cycles(inventory));
  return inventory;
}

function openSection(
  inventory: Inventory,
  file: SourceFile,
  line: string,
  at: number,
  declared: Set<string>,
  pending: Map<string, Trouble>,
): Section {
  const match = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(line);
  const trouble = (message: string, hint: string): undefined => {
    inventory.troubles.push({ file, offset: at, message, hint });
    return undefined;
  };
  if (!match?.[1])
    return trouble(
      `The section ${line} is not understood.`,
      'Write [group], [group:vars] or [group:children], without spaces.',
    );
  const [, name, kind = 'hosts'] = match;
  if (kind !== 'hosts' && kind !== 'vars' && kind !== 'children')
    return trouble(`The section [${name}:${kind}] has the unknown kind ${kind}.`, 'Use :vars or :children, or none.');
  if (kind === 'vars') {
    if (!declared.has(name) && !pending.has(name))
      pending.set(name, {
        file,
        offset: at,
        message: `The section [${name}:vars] is about a group that does not exist.`,
        hint: `Add a section [${name}], or correct the name.`,
      });
  } else declared.add(name);
  const group = groupNamed(inventory, name, file, at);
  if (kind !== 'vars' && group.hosts.size === 0 && group.children.size === 0)
    Object.assign(group, { file, offset: at });
  return { group, kind };
}

function hostLine(inventory: Inventory, group: InventoryGroup, file: SourceFile, line: string, at: number): void {
  const trouble = (offset: number, message: string, hint: string): void => {
    inventory.troubles.push({ file, offset: at + offset, message, hint });
  };
  const words = splitWords(line);
  if (!Array.isArray(words)) return trouble(words.offset, words.message, 'Close it, or put a backslash before it.');
  const [first, ...rest] = words;
  if (!first) return;
  const { pattern, port } = splitPort(first.text);
  const names = expandPattern(pattern);
  if (!Array.isArray(names))
    return trouble(first.offset + names.offset, names.message, 'Ranges look like web[01:10] or db-[a:f].');
  const vars = new Map<string, Located>();
  if (port !== undefined)
    vars.set('ansible_port', {
      value: port,
      file,
      offset: at + first.offset + pattern.length + 1,
      nameOffset: at + first.offset,
    });
  for (const word of rest) {
    const equals = word.text.indexOf('=');
    if (equals < 1) {
      trouble(
        word.offset,
        `Host ${first.text} is followed by ${word.text}, where name=value is expected.`,
        'One line is one host with its variables; quote values that have spaces.',
      );
      continue;
    }
    const nameOffset = at + word.offset;
    const quote = /^["']/.test(line.slice(word.offset + equals + 1)) ? 1 : 0;
    vars.set(word.text.slice(0, equals), {
      value: literalEval(word.text.slice(equals + 1)),
      file,
      offset: nameOffset + equals + 1 + quote,
      nameOffset,
    });
  }
  for (const name of names) {
    const host = inventory.hosts.get(name) ?? { name, vars: new Map(), file, offset: at };
    inventory.hosts.set(name, host);
    for (const [key, value] of vars) host.vars.set(key, value);
    if (!group.hosts.has(name)) group.hosts.set(name, { file, offset: at });
  }
}

/** `host:22`, `[fe80::1]:22`; a bare IPv6 address and a range with colons have no port. */
function splitPort(text: string): { pattern: string; port?: number } {
  const bare = text.replace(/\[[^\]]*\]/g, (range) => 'x'.repeat(range.length));
  const match = /^([^:]+):(\d{1,5})$/.exec(bare);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65535) return { pattern: text };
  const pattern = text.slice(0, match[1].length);
  const address = /^\[([0-9A-Fa-f:.]+:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]$/.exec(pattern);
  return { pattern: address?.[1] ?? pattern, port };
}

function variableLine(inventory: Inventory, group: InventoryGroup, file: SourceFile, line: string, at: number): void {
  const equals = line.indexOf('=');
  const name = line.slice(0, equals).trim();
  if (equals < 1 || name === '') {
    inventory.troubles.push({
      file,
      offset: at,
      message: `In [${group.name}:vars] name=value is expected, and there is: ${line.length > 40 ? `${line.slice(0, 40)}…` : line}`,
      hint: 'Write the variable as name=value, or begin a new section before it.',
    });
    return;
  }
  const text = line.slice(equals + 1);
  const lead = text.length - text.trimStart().length;
  const trimmed = text.trim();
  const value = literalEval(trimmed);
  const quoted = /^["']/.test(trimmed) && value !== trimmed ? 1 : 0;
  group.vars.set(name, { value, file, offset: at + equals + 1 + lead + quoted, nameOffset: at });
}

function childLine(
  inventory: Inventory,
  group: InventoryGroup,
  file: SourceFile,
  line: string,
  at: number,
  declared: Set<string>,
  pending: Map<string, Trouble>,
): void {
  const match = /^([^:\]\s]+)\s*(?:[#;].*)?$/.exec(line);
  if (!match?.[1]) {
    inventory.troubles.push({
      file,
      offset: at,
      message: `In [${group.name}:children] the name of a group is expected, and there is: ${line}`,
      hint: 'One group a line, without variables.',
    });
    return;
  }
  const child = match[1];
  if (!declared.has(child))
    pending.set(child, {
      file,
      offset: at,
      message: `The section [${group.name}:children] includes the group ${child}, which does not exist.`,
      hint: `Add a section [${child}], or correct the name.`,
    });
  groupNamed(inventory, child, file, at);
  group.children.add(child);
}

function groupNamed(inventory: Inventory, name: string, file: SourceFile, offset: number): InventoryGroup {
  const known = inventory.groups.get(name);
  if (known) return known;
  const group = { name, hosts: new Map(), children: new Set<string>(), vars: new Map(), file, offset };
  inventory.groups.set(name, group);
  return group;
}

function cycles(inventory: Inventory): Trouble[] {
  const troubles: Trouble[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: string[]): void => {
    const group = inventory.groups.get(name);
    if (!group || done.has(name)) return;
    if (path.includes(name)) {
      troubles.push({
        file: group.file,
        offset: group.offset,
        message: `The group ${name} is its own child: ${[...path.slice(path.indexOf(name)), name].join(' → ')}.`,
        hint: 'Take one of them out of its :children section.',
      });
      group.children.clear();
      return;
    }
    for (const child of group.children) visit(child, [...path, name]);
    done.add(name);
  };
  for (const name of inventory.groups.keys()) visit(name, []);
  return troubles;
}
