import { type Command, sh, shJoin, shRaw } from '../../formats/sh.ts';

/*
 * A job on the host is /var/lib/kha/jobs/<id>/ (0700 root):
 *   job      five lines: run, round, attempt, boot id, why it was started again (or empty)
 *   title, script, wrapper, stdout, stderr
 *   started  ms since the epoch, by the host's clock; pid of the wrapper
 *   exit     exit code and end in ms; written when the job has ended by itself
 *   killed   kha was asked to end it
 *   lock     locked (flock) by the wrapper and the script for as long as the job lives
 * Whoever starts, replaces or removes a job holds the lock on /var/lib/kha/jobs meanwhile. A start builds the folder beside
 * and renames it, so a worker that dies between any two steps leaves either nothing or a job that was never `started`, and
 * the next one starts it. Secrets lie in /run/kha/<id>~<run>/, which is in memory.
 *
 * Output: of each stream the first and the last 5 MiB are kept, with a line between that says so. After the first 5 MiB
 * nothing is seen until the job ends, then its last 5 MiB. So the disk can't be filled, and what failed last is never lost.
 */
const keptBytes = 5 * 1024 * 1024;

/** How long one exec follows before it asks again; bounds what a lost connection leaves behind on the host. */
const followSeconds = 600;

export const jobsFolder = '/var/lib/kha/jobs';

/** Runs the script, whoever started it. A late one that has been replaced meanwhile ends at once. */
const wrapper = `id=$1 run=$2 mode=$3
jobs=${jobsFolder} dir=$jobs/$id
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root LC_ALL=C KHA_JOB=$id KHA_SECRETS=/run/kha/$id~$run
export PATH HOME LC_ALL KHA_JOB KHA_SECRETS
# Without systemd the lock of the starter is inherited as 8, so that nobody sees the moment between start and lock.
if [ "$mode" = unit ]; then exec 8<"$jobs"; flock 8; fi
cd "$dir" || exit 0
read -r mine <job
[ "$mine" = "$run" ] && [ ! -e started ] || exit 0
exec 9>lock
flock -n 9 || exit 0
echo "$(date +%s%3N) $$" >started.new && mv started.new started || exit 0
exec 8<&-
mkfifo out.pipe err.pipe
keep() {
  (ulimit -c 0; ulimit -f ${keptBytes / 512}; exec cat) 2>/dev/null || {
    printf '\n[… too much output: from here on only the last part is kept …]\n'
    tail -c ${keptBytes}
  }
}
keep <out.pipe >>stdout 9>&- &
out=$!
keep <err.pipe >>stderr 9>&- &
err=$!
term=
trap 'term=1' TERM
# The script inherits the lock: should this shell be killed, the job counts as running until the script has ended.
(umask 022; cd / || exit; exec sh "$dir/script") </dev/null >out.pipe 2>err.pipe
code=$?
# What the script left behind in the background may hold the pipes: do not wait for it.
(sleep 2; kill "$out" "$err") >/dev/null 2>&1 9>&- &
wait "$out" "$err"
kill $! 2>/dev/null
rm -rf "$KHA_SECRETS" out.pipe err.pipe
# Ended with the whole host: no result, so that it starts again after the reboot.
if [ -n "$term" ] && [ "$code" -ne 0 ] && [ ! -e killed ]; then exit 0; fi
# Written over the space that was reserved for it: a result must not be lost, nor become an empty file, on a full disk.
printf '%-40s\n' "$code $(date +%s%3N)" 1<>exit.new && mv exit.new exit
flock -u 9
`;

/** Reads the state of a job and starts it where that is due; leaves `state`, `now` (run in question) and `why`. */
const decide = `jobs=${jobsFolder} dir=$jobs/$id
umask 077
command -v flock >/dev/null || { echo 'flock (util-linux) is missing' >&2; exit 96; }
mkdir -p "$jobs" || exit 96
exec 8<"$jobs"
flock 8
read -r boot </proc/sys/kernel/random/boot_id
state=new now=$run why= code= keep=
has_systemd() { [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; }
if [ -f "$dir/job" ]; then
  { read -r orun; read -r oround; read -r oattempt; read -r oboot; read -r owhy; } <"$dir/job"
  if [ "$attempt" -lt "$oattempt" ]; then echo "$nonce zombie $oattempt"; exit 0; fi
  result() {
    if [ -f "$dir/exit" ]; then read -r code ended <"$dir/exit"; fi
    case $code in '' | *[!0-9]*) code= ;; esac
  }
  result
  alive=
  if [ -z "$code" ] && [ "$oboot" = "$boot" ]; then
    if ! flock -n -s "$dir/lock" true; then alive=1
    elif [ ! -e "$dir/started" ] && has_systemd && systemctl --quiet is-active "kha-job-$id.$orun"; then alive=1
    # It may have ended between the two looks: the result is there before the lock is free.
    else result
    fi
  fi
  if [ -n "$alive" ]; then
    state=busy
    [ "$oround" != "$round" ] || state=attach
  elif [ -n "$code" ]; then
    keep=1
    if [ "$oround" = "$round" ]; then
      if [ "$code" -eq 0 ] || [ "$attempt" -eq "$oattempt" ]; then state=attach; fi
    fi
  elif [ -e "$dir/started" ]; then
    keep=1
    rm -rf "/run/kha/$id~$orun"
    if [ "$oround" = "$round" ]; then
      why='job vanished'
      [ "$oboot" = "$boot" ] || why='host rebooted'
    fi
  fi
  if [ "$state" = attach ]; then
    now=$orun why=$owhy
    if [ "$attempt" -gt "$oattempt" ]; then
      printf '%s\\n' "$orun" "$oround" "$attempt" "$oboot" "$owhy" >"$dir/job.new" && mv "$dir/job.new" "$dir/job"
    fi
  fi
fi
`;

const build = `  new=$jobs/.new~$id
  rm -rf "$new" "/run/kha/$id"~*
  mkdir "$new" || exit 96
  printf '%s\\n' "$run" "$round" "$attempt" "$boot" "$why" >"$new/job" || exit 96
  printf '%40s\n' '' >"$new/exit.new" || exit 96
  : >"$new/stdout"
  : >"$new/stderr"
`;

const start = `  if [ -d "$dir" ]; then
    rm -rf "$dir"~*
    if [ -n "$keep" ]; then mv -T "$dir" "$dir~$oattempt"; else rm -rf "$dir"; fi
  fi
  mv -T "$new" "$dir" || exit 96
  if has_systemd && systemd-run --quiet --collect --unit="kha-job-$id.$run" --description="kha: $title" \\
    -p IgnoreSIGPIPE=no -p "ExecStopPost=/bin/rm -rf /run/kha/$id~$run" \\
    /bin/sh "$dir/wrapper" "$id" "$run" unit </dev/null >/dev/null 2>"$dir/launch"; then :
  else
    setsid sh "$dir/wrapper" "$id" "$run" own </dev/null >/dev/null 2>&1 &
  fi
`;

const follow = `exec 8<&-
if [ "$state" = busy ]; then
  echo "$nonce busy"
  flock -w 60 -s "$dir/lock" true
  exit 0
fi
tries=0
while [ ! -e "$dir/started" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 1500 ]; then cat "$dir/launch" >&2; exit 95; fi
  sleep 0.01
done
# From here on by this folder, whatever its name: a later attempt may put it aside.
cd "$dir" || exit 95
read -r started pid <started
[ "$now" = "$seen" ] || out=0 err=0
attached=0
[ "$state" = new ] || attached=1
echo "$nonce begin $now $started $attached $why"
echo "$nonce begin $now $started $attached $why" >&2
# Short jobs end within this wait and need no watching.
[ -f exit ] || flock -w 0.05 -s lock true
if [ -f exit ]; then
  tail -c +$((out + 1)) stdout
  tail -c +$((err + 1)) stderr >&2
else
  # Wakes when the job's lock is free: no polling, and true also for a job that was killed.
  flock -w ${followSeconds} -s lock true </dev/null >/dev/null 2>&1 &
  waiter=$!
  tail -c +$((out + 1)) -s 0.05 --pid="$waiter" -f stdout &
  one=$!
  tail -c +$((err + 1)) -s 0.05 --pid="$waiter" -f stderr >&2 &
  wait "$one" "$!"
fi
if [ ! -f exit ] && ! flock -n -s lock true; then
  echo "$nonce more"
# Not before the lock is free is a missing result a lost one.
elif [ -f exit ] && read -r code ended <exit && [ -n "$code" ]; then
  echo "$nonce end $code $ended"
else
  rm -rf "/run/kha/$id~$now"
  echo "$nonce gone"
fi
exit 0
`;

interface HostScriptValues {
  id: string;
  round: string;
  attempt: number;
  /** Random name of the run, should this call start one. */
  run: string;
  title: string;
  script: string;
  secrets: Record<string, string>;
  /** Random; begins the lines that are not the job's output. */
  nonce: string;
  /** Run that the offsets belong to. */
  seen: string;
  /** Bytes of each stream that the caller has already. */
  stdout: number;
  stderr: number;
}

/**
 * Starts the job if that is due and follows it: on both streams a line `<nonce> begin <run> <started> <attached> <why>`,
 * then the raw streams from the offsets, then `<nonce> end <code> <ended>`, `gone` (no result and no process) or `more` (ask again).
 * Or one of the lines `zombie <attempt>` and `busy`. Exit code 95: it could not be started; 96: the host lacks something.
 * It goes to the host over standard input, so scripts and secrets are in no argument list: printf is a builtin of sh.
 */
export function startAndFollow(v: HostScriptValues): Command {
  const secrets = Object.entries(v.secrets);
  return shJoin([
    sh`id=${v.id} run=${v.run} round=${v.round} attempt=${v.attempt} nonce=${v.nonce}`,
    sh`seen=${v.seen} out=${v.stdout} err=${v.stderr}`,
    sh`title=${v.title}`,
    shRaw(decide),
    shRaw('if [ "$state" = new ]; then'),
    shRaw(build),
    shRaw('  secrets=/run/kha/$id~$run'),
    shRaw('  mkdir -p "$secrets"'),
    ...secrets.map(([name, value]) => sh`  printf %s ${value} >"$secrets"/${name} || exit 96`),
    sh`  printf %s ${v.script} >"$new/script" || exit 96`,
    sh`  printf %s ${wrapper} >"$new/wrapper" || exit 96`,
    shRaw('  printf \'%s\\n\' "$title" >"$new/title"'),
    shRaw(start),
    shRaw('fi'),
    shRaw(follow),
  ]);
}
