import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hostOf, hostRoots, hostsByGroup, processes, read } from './host-processes.ts';
import type { ProcessSamples, ProcessWord } from './process-samples.ts';
import type { Secret } from './secret.ts';
import { tokensIn } from './tokens.ts';

/** Every so often the list of processes is looked at; a shorter life may be missed. */
const LOOK_MS = 50;
/** A new process is read again for so long: it may still be about to become another program. */
const YOUNG_MS = 500;
/** Hosts come and go, processes change their arguments. */
const REREAD_MS = 5000;

export interface ProcessSampler {
  /** What was seen so far. */
  samples: () => ProcessSamples;
  /** Ends it; what was seen in all. */
  stop: () => ProcessSamples;
}

interface Known {
  where: string | undefined;
  since: number;
  readAt: number;
}

/** Looks at the processes of kha's home and of all hosts of this lab, again and again, until `stop`. */
export function sampleProcesses({ home }: { home: string }): ProcessSampler {
  const known = new Map<string, Known>();
  const words = new Map<string, ProcessWord>();
  const tokens = new Map<string, Secret>();
  let groups = new Map<string, string>();
  let roots = new Map<string, string>();
  let surroundingsAt = Number.NEGATIVE_INFINITY;
  let lastLook: number | undefined;
  let looks = 0;
  let seen = 0;
  let longestGapMs = 0;

  function keep(where: string, pid: string, argv: string[], environ: string[]): void {
    const program = basename(argv[0] ?? '');
    const add = (kind: ProcessWord['kind'], which: string, text: string): void => {
      const key = [where, program, kind, text].join('\0');
      if (text !== '' && !words.has(key)) words.set(key, { where, program, pid, kind, which, text });
    };
    for (const [i, word] of argv.entries()) add('argument', String(i), word);
    for (const entry of environ) add('environment', entry.split('=', 1)[0] ?? '', entry);
  }

  function readProcess(pid: string, process: Known | undefined, now: number): void {
    const cmdline = read(`/proc/${pid}/cmdline`);
    // Without one it belongs to the kernel, or is dead.
    const environ = cmdline === '' ? '' : read(`/proc/${pid}/environ`);
    const where =
      process?.where ?? hostOf(pid, groups) ?? (cmdline.includes(home) || environ.includes(home) ? 'kha' : undefined);
    if (where !== undefined && process?.where === undefined) seen++;
    known.set(pid, { where, since: process?.since ?? now, readAt: now });
    if (where !== undefined && cmdline !== '') keep(where, pid, cmdline.split('\0'), environ.split('\0'));
  }

  function look(): void {
    const now = performance.now();
    if (lastLook !== undefined) longestGapMs = Math.max(longestGapMs, now - lastLook);
    lastLook = now;
    looks++;
    if (now - surroundingsAt > REREAD_MS) {
      [groups, roots, surroundingsAt] = [hostsByGroup(), hostRoots(), now];
    }
    const pids = processes();
    for (const pid of pids) {
      const process = known.get(pid);
      const isDue =
        !process || now - process.since < YOUNG_MS || (process.where !== undefined && now - process.readAt > REREAD_MS);
      if (isDue) readProcess(pid, process, now);
    }
    const alive = new Set(pids);
    for (const pid of known.keys()) if (!alive.has(pid)) known.delete(pid);
    for (const [host, root] of roots) for (const token of tokensOfJobs(host, root)) tokens.set(token.name, token);
  }

  look();
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  const samples = (): ProcessSamples => ({
    words: [...words.values()],
    tokens: [...tokens.values()],
    looks,
    processes: seen,
    longestGapMs,
  });
  return {
    samples,
    stop: () => {
      clearInterval(timer);
      return samples();
    },
  };
}

/** The token of a kubeadm that runs, from the file that it reads. */
function tokensOfJobs(host: string, root: string): Secret[] {
  const directory = join(root, 'run/kha');
  let jobs: string[];
  try {
    jobs = readdirSync(directory);
  } catch {
    return [];
  }
  return jobs.flatMap((job) => tokensIn(`token of ${host} ${job}`, read(join(directory, job, 'kubeadm.yaml'))));
}
