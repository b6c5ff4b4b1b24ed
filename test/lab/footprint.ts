import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a lab may leave on the machine, as sets of lines. */
export interface Footprint {
  processes: string[];
  mounts: string[];
  namespaces: string[];
  links: string[];
  routes: string[];
  cgroups: string[];
}

/** Look at the machine. Processes and cgroups are the lab's only; the rest is everything. */
export function footprint(): Footprint {
  const lines = (text: string) => text.split('\n').filter(Boolean).sort();
  return {
    processes: labProcesses(),
    mounts: lines(readFileSync('/proc/self/mountinfo', 'utf8')).map(withoutNumbers),
    namespaces: lines(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })),
    links: lines(execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })).map(
      (line) => line.split(':')[1]?.trim() ?? '',
    ),
    routes: lines(execFileSync('ip', ['route'], { encoding: 'utf8' })).filter((line) => !keptRoute(line)),
    cgroups: cgroupsNamed('/sys/fs/cgroup', 'kha-lab'),
  };
}

/** The route that stays on purpose: it keeps packets for the lab's network on this machine. */
function keptRoute(line: string): boolean {
  return line.startsWith('unreachable 10.88.0.0/24 ');
}

/** A line of mountinfo without ids and propagation, which have no meaning of their own. */
function withoutNumbers(line: string): string {
  return line.replace(/^\d+ \d+ \S+ /, '').replace(/ (shared|master|propagate_from):\d+/g, '');
}

function labProcesses(): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const inLab = readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes('/kha-lab/');
      if (command === '') continue; // dead, and waiting for the machine's pid 1 to take note
      if (inLab || /systemd-nspawn|lab\/hosts\/supervisor\.sh|kha-lab\/keys/.test(command)) found.push(command.trim());
    } catch {
      // ended meanwhile
    }
  }
  return found;
}

function cgroupsNamed(directory: string, name: string): string[] {
  if (!existsSync(directory)) return [];
  let entries: string[] = [];
  try {
    entries = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return []; // removed meanwhile
  }
  return entries.flatMap((entry) =>
    entry === name ? [join(directory, entry)] : cgroupsNamed(join(directory, entry), name),
  );
}
