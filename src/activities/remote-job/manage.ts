import type { Connection } from '../../cluster/connection.ts';
import { KhaError } from '../../cluster/error.ts';
import { type Command, sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { Ssh } from '../../ports/ssh.ts';
import { jobsFolder } from './host-script.ts';
import { checkJobId, jobCode } from './names.ts';

/** A job as it lies on a host. */
interface HostJob {
  id: string;
  round: string;
  attempt: number;
  title: string;
  /** `lost`: neither a result nor a process. */
  state: 'running' | 'finished' | 'lost';
  exitCode?: number;
  /** By the host's clock, ms since the epoch. */
  startedAt?: number;
  endedAt?: number;
}

const prologue = shRaw(`jobs=${jobsFolder}
[ -d "$jobs" ] || exit 0
cd "$jobs" || exit 1
exec 8<.
flock 8
alive() { [ -e "$1/lock" ] && ! flock -n -s "$1/lock" true; }`);

const list = shJoin([
  prologue,
  shRaw(`for dir in *; do
  [ -f "$dir/job" ] || continue
  case $dir in *~*) continue ;; esac
  run= round= attempt= title= started= code= ended=
  { read -r run; read -r round; read -r attempt; } <"$dir/job"
  [ ! -f "$dir/title" ] || read -r title <"$dir/title"
  [ ! -f "$dir/started" ] || read -r started pid <"$dir/started"
  state=lost
  if [ ! -f "$dir/exit" ] && alive "$dir"; then state=running
  elif [ -f "$dir/exit" ] && read -r code ended <"$dir/exit" && [ -n "$code" ]; then state=finished
  fi
  printf '%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$dir" "$round" "$attempt" "$state" "$code" "$started" "$ended" "$title"
done`),
]);

async function run(
  ssh: Ssh,
  connection: Connection,
  what: string,
  command: Command,
  timeoutMs = 60_000,
): Promise<string> {
  const result = await ssh.exec(connection, command, { timeoutMs });
  if (result.exitCode === 0) return result.stdout;
  throw new KhaError(`${what} failed on ${connection.name} (exit code ${result.exitCode}).`, {
    code: jobCode.start,
    blame: 'host',
    where: connection.name,
    hint: `Look at ${jobsFolder} on the host.`,
    lastLines: result.stderr.trimEnd().split('\n').slice(-10),
  });
}

/** All jobs of a host by name, those that were kept aside excepted. */
export async function listJobs(ssh: Ssh, connection: Connection): Promise<HostJob[]> {
  const text = await run(ssh, connection, 'The list of remote jobs', list);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', round = '', attempt, state, code, started, ended, title = ''] = line.split('\t');
      return {
        id,
        round,
        attempt: Number(attempt),
        title,
        state: state as HostJob['state'],
        ...(code ? { exitCode: Number(code) } : {}),
        ...(started ? { startedAt: Number(started) } : {}),
        ...(ended ? { endedAt: Number(ended) } : {}),
      };
    });
}

/**
 * Ends a running job: SIGTERM to all its processes, after `graceMs` SIGKILL. Its secrets go, and it counts as finished with
 * the exit code of the signal (143 or 137). False where it was not running.
 */
export async function killJob(ssh: Ssh, connection: Connection, id: string, graceMs = 5000): Promise<boolean> {
  checkJobId(id, connection.name);
  const command = shJoin([
    sh`id=${id} grace=${(graceMs / 1000).toFixed(1)}`,
    prologue,
    shRaw(`alive "$id" || exit 0
exec 8<&-
umask 077
: >"$id/killed"
read -r run <"$id/job"
started= pid=
[ ! -e "$id/started" ] || read -r started pid <"$id/started"
unit=kha-job-$id.$run
signal() {
  if [ -d /run/systemd/system ] && systemctl --quiet is-active "$unit"; then systemctl kill --signal="$1" "$unit"
  elif [ -n "$pid" ]; then kill -s "$1" -- "-$pid"
  fi 2>/dev/null
}
signal TERM
if ! flock -w "$grace" -s "$id/lock" true; then
  signal KILL
  flock -w 10 -s "$id/lock" true || { echo "the processes of $unit do not end" >&2; exit 1; }
fi
rm -rf "/run/kha/$id~$run"
if [ ! -e "$id/exit" ]; then
  echo "137 $(date +%s%3N)" >"$id/exit.new" && mv "$id/exit.new" "$id/exit"
fi
echo ended`),
  ]);
  const text = await run(ssh, connection, `The end of the remote job ${id}`, command, graceMs + 30_000);
  return text.includes('ended');
}

/** Removes the jobs whose name begins with a prefix, and what was kept aside of them. Running ones stay and are returned. */
export async function removeJobs(ssh: Ssh, connection: Connection, idPrefix: string): Promise<{ running: string[] }> {
  checkJobId(idPrefix, connection.name);
  const command = shJoin([
    sh`prefix=${idPrefix}`,
    prologue,
    shRaw(`for dir in "$prefix"* ".new~$prefix"*; do
  [ -d "$dir" ] || continue
  if alive "$dir"; then printf '%s\\n' "$dir"; continue; fi
  rm -rf "$dir" /run/kha/"$dir"~*
done`),
  ]);
  const text = await run(ssh, connection, 'The removal of remote jobs', command);
  return { running: text.split('\n').filter((line) => line !== '') };
}
