import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { places } from '../../../lab/places.ts';

/** Which lab host a process of this machine belongs to, by the cgroups that its supervisor wrote down. */
export function hostsByGroup(): Map<string, string> {
  const groups = new Map<string, string>();
  for (const file of entriesOf(places.run).filter((name) => name.endsWith('.cgroups'))) {
    for (const group of read(join(places.run, file)).split('\n').filter(Boolean)) {
      groups.set(group, file.slice(0, -'.cgroups'.length));
    }
  }
  return groups;
}

/** Name of the lab host of a process; undefined where it belongs to none. */
export function hostOf(pid: string, groups: Map<string, string>): string | undefined {
  for (const line of read(`/proc/${pid}/cgroup`).split('\n')) {
    // `9:name=systemd:/…`, and `0::/…` for the unified hierarchy
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const hierarchy = controllers === '' ? 'unified' : controllers === 'name=systemd' ? 'systemd' : controllers;
    const below = /^(.*?\/kha-lab\/[^/]+)/.exec(path)?.[1];
    const host = below && (groups.get(`/sys/fs/cgroup/${hierarchy}${below}`) ?? groups.get(`/sys/fs/cgroup${below}`));
    if (host) return host;
  }
  return undefined;
}

/** The root folder of each lab host that is on, as this machine sees it, memory file systems included. */
export function hostRoots(): Map<string, string> {
  const groups = hostsByGroup();
  const roots = new Map<string, string>();
  for (const pid of processes()) {
    // The first process of a host is number 1 of its own, and no number of a third.
    const [, ...numbers] =
      /^NSpid:(.*)$/m
        .exec(read(`/proc/${pid}/status`))?.[1]
        ?.trim()
        .split(/\s+/) ?? [];
    if (numbers.length !== 1 || numbers[0] !== '1') continue;
    const host = hostOf(pid, groups);
    if (host !== undefined) roots.set(host, `/proc/${pid}/root`);
  }
  return roots;
}

/** Process ids of this machine. */
export const processes = (): string[] => entriesOf('/proc').filter((entry) => /^\d+$/.test(entry));

/** Empty where it is gone meanwhile. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
