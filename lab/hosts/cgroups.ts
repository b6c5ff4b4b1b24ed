import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { places } from '../places.ts';

/** The cgroups of a host, one in each hierarchy, as its supervisor wrote them down. */
function groupsOf(name: string): string[] {
  const file = join(places.run, `${name}.cgroups`);
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** Kill every process of a host. All its processes are in its cgroups, and no other is. */
export function killAll(name: string): void {
  const pids = new Set(groupsOf(name).flatMap(groupAndBelow).flatMap(processesIn));
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // gone by itself
    }
  }
}

/** Remove a host's empty cgroups, and the lab's above them once no host has one. */
export function removeGroups(name: string): void {
  for (const group of groupsOf(name)) {
    for (const each of [...groupAndBelow(group).toReversed(), dirname(group)]) {
      try {
        rmdirSync(each);
      } catch {
        // not empty: another host's, or not there any more
      }
    }
  }
}

/** Memory that a host uses, in bytes; undefined where the kernel does not say. */
export function memoryOf(name: string): number | undefined {
  for (const group of groupsOf(name)) {
    for (const file of ['memory.usage_in_bytes', 'memory.current']) {
      if (existsSync(join(group, file))) return Number(readFileSync(join(group, file), 'utf8'));
    }
  }
  return undefined;
}

function groupAndBelow(group: string): string[] {
  try {
    const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [group, ...below.flatMap((entry) => groupAndBelow(join(group, entry.name)))];
  } catch {
    return []; // removed meanwhile
  }
}

function processesIn(group: string): number[] {
  try {
    return readFileSync(join(group, 'cgroup.procs'), 'utf8')
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}
