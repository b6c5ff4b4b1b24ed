import { KhaError } from '../cluster/error.ts';
import { labelled } from '../formats/labelled-lines.ts';
import { type Command, sh } from '../formats/sh.ts';
import { OWN_CONTAINERS } from '../parts/own-container.ts';
import { readable } from './failure.ts';
import type { Session } from './session.ts';

/** Why pods of a host do not run, as its own journal and its containers tell it. */
interface Diagnosis {
  /** In labelled parts, the most telling one last; each part bounded, and without secrets. */
  lines: string[];
  /** Something that must run does not, or did not for long. */
  isIll: boolean;
  /** It ends again and again: another try at once is hardly any use. */
  isCrashing: boolean;
}

/** Containers of the control plane, in the order in which one needs the other. */
const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

const JOURNAL_LINES = 6;
/** Where a container speaks for itself. */
const FEW_JOURNAL_LINES = 2;
const CONTAINER_LINES = 8;
/** Containers whose last words are read. */
const MOST = 3;
/** One that was started this often ends again and again. */
const CRASHES = 2;

interface Container {
  id: string;
  metadata: { name: string; attempt?: number };
  state: string;
  /** ns since the epoch. */
  createdAt: string;
}

/**
 * Looks on a host for the reason of a failure: kubelet's journal, and the containers that do not run. `about` names the
 * containers that the failure is about: their last words are told also where they run. Never throws: a diagnosis that
 * fails must not hide what it is about.
 */
export async function diagnose(session: Session, about: readonly string[] = []): Promise<Diagnosis> {
  const on = `on ${session.host.name}`;
  try {
    const [journal, listing] = await Promise.all([
      session.look("kubelet's journal", journalOf('kubelet')),
      session.look('containers', sh`crictl ps -a ${OWN_CONTAINERS} -o json`, { maxBytes: 4 << 20, secretOutput: true }),
    ]);
    const kubelet = (most: number): string[] => labelled(`kubelet ${on}`, telling(journal.stdout, most));
    const [, state] = /^kubelet is (\w+)/.exec(journal.stdout) ?? [];
    if (listing.exitCode !== 0) {
      const runtime = await session.look("containerd's journal", journalOf('containerd'));
      const crictl = labelled(`crictl ${on}`, telling(listing.stderr, 2));
      const containerd = labelled(`containerd ${on}`, telling(runtime.stdout, JOURNAL_LINES));
      return { isIll: true, isCrashing: false, lines: [...kubelet(JOURNAL_LINES), ...crictl, ...containerd] };
    }
    const latest = latestOf(listing.stdout);
    const suspects = suspectsOf(latest, about);
    const parts = await Promise.all(suspects.map((container) => lastWords(session, container)));
    const absent = about.filter((name) => !latest.has(name));
    const missing = absent.map((name) => `There is no container ${name}.`);
    return {
      isIll: state !== undefined || absent.length > 0 || suspects.some(isBroken),
      isCrashing:
        state === 'activating' ||
        state === 'failed' ||
        suspects.some((c) => c.state !== RUNNING && attemptOf(c) >= CRASHES),
      // Where nothing was started kubelet knows why; else the container does.
      lines: [
        ...labelled(`containers ${on}`, missing),
        ...kubelet(suspects.some(isBroken) ? FEW_JOURNAL_LINES : JOURNAL_LINES),
        ...parts.flat(),
      ],
    };
  } catch (error) {
    if (!(error instanceof KhaError)) throw error;
    const lines = [`Nothing more is known of ${session.host.name}: ${error.message}`];
    return { isIll: true, isCrashing: false, lines };
  }
}

const RUNNING = 'CONTAINER_RUNNING';

const attemptOf = ({ metadata }: Container): number => metadata.attempt ?? 0;
const isBroken = (container: Container): boolean => container.state !== RUNNING || attemptOf(container) > 0;

/** The unit's state where it does not run, then what its journal says of now: older troubles are over. */
const journalOf = (unit: string): Command =>
  sh`s=$(systemctl is-active ${unit}); [ "$s" = active ] || echo "${unit} is $s"
j=$(journalctl -u ${unit} --since -3min -n 300 --no-pager -q -o cat)
if [ -n "$j" ]; then printf '%s\n' "$j"; else journalctl -u ${unit} -n 20 --no-pager -q -o cat; fi`;

/** The last container of each name, by name. */
function latestOf(json: string): Map<string, Container> {
  const { containers = [] } = JSON.parse(json) as { containers?: Container[] };
  const byAge = [...containers].sort((a, b) => (BigInt(a.createdAt) < BigInt(b.createdAt) ? -1 : 1));
  return new Map(byAge.map((container) => [container.metadata.name, container]));
}

/** Those that do not run, or did not run long; what the failure is about comes last, where it is read first. */
function suspectsOf(latest: ReadonlyMap<string, Container>, about: readonly string[]): Container[] {
  const names = [...CONTROL_PLANE.filter((name) => !about.includes(name)), ...about];
  const found = names.flatMap((name) => latest.get(name) ?? []);
  const ill = found.filter(isBroken);
  const asked = found.filter((c) => about.includes(c.metadata.name));
  return (ill.length > 0 ? ill : asked).slice(-MOST);
}

async function lastWords(session: Session, { id, metadata, state }: Container): Promise<string[]> {
  const { name, attempt = 0 } = metadata;
  const [logs, inspected] = await Promise.all([
    session.look(`last words of ${name}`, sh`crictl logs --tail ${CONTAINER_LINES * 3} ${id} 2>&1`),
    session.look(`how ${name} ended`, sh`crictl inspect -o json ${id}`, { maxBytes: 1 << 20, secretOutput: true }),
  ]);
  const { exitCode, reason = '', message = '' } = statusOf(inspected.stdout);
  const started = attempt > 0 ? `, started ${attempt + 1} times` : '';
  const how = state === RUNNING ? 'runs' : `ended with exit code ${exitCode ?? 'unknown'}`;
  const label = `container ${name} on ${session.host.name}: ${how}${started}`;
  // `Error` is said of every exit code but 0; a runtime that could not start it says more.
  const why = state === RUNNING || reason === 'Error' ? [] : telling(`${reason} ${message}`, 1);
  return labelled(label, [...why, ...telling(logs.stdout, CONTAINER_LINES)]);
}

interface ContainerStatus {
  exitCode?: number;
  reason?: string;
  message?: string;
}

/** Of what `crictl inspect` prints. */
function statusOf(json: string): ContainerStatus {
  try {
    return (JSON.parse(json) as { status?: ContainerStatus }).status ?? {};
  } catch {
    return {};
  }
}

/** What programs write before a line that tells of a failure: klog, Go, nginx. */
const ERROR = /^(?:[EF]\d{4} |error\b|fatal\b|panic\b|\S+ \S+ \[(?:emerg|alert|crit|error)\])/i;
/** The first line of `journalOf`, where there is something to say. */
const STATE = /^\w+ is [a-z-]+$/;

/** The part of an output that tells most: the last lines that are marked as errors, each once; without any the last lines. */
function telling(output: string, most: number): string[] {
  const all = output.split('\n');
  const lines = readable(all.map(inWords), all.length).filter((line) => line.trim() !== '');
  const head = lines.filter((line, i) => i === 0 && STATE.test(line));
  const said = lines.slice(head.length);
  const errors = said.filter((line) => ERROR.test(line));
  return [...head, ...unrepeated(errors.length > 0 ? errors : said).slice(-most)];
}

/** Of lines that differ in times and numbers only the last one. */
function unrepeated(lines: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const line of lines) {
    const key = line.replaceAll(/\d+/g, '0');
    seen.delete(key);
    seen.set(key, line);
  }
  return [...seen.values()];
}

/** A line of etcd's JSON log as people read it; any other line as it is. */
function inWords(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const {
      level,
      msg,
      ts: _time,
      caller: _place,
      stacktrace: _stack,
      ...rest
    } = JSON.parse(line) as Record<string, unknown>;
    if (typeof msg !== 'string') return line;
    const more = Object.entries(rest).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    return `${String(level)}: ${[msg, ...more].join(' ')}`;
  } catch {
    return line;
  }
}
