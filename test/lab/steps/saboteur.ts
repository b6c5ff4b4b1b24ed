import { sh } from '../../../src/formats/sh.ts';
import { onHost } from '../kha.ts';

/*
 * Sits on a host in front of `sh` and kills remote jobs of kha with all their processes, as an out-of-memory killer would:
 *   before a chosen command of the act of an effect (each function call and simple command counts), or after a time.
 * Each order is carried out once: the job that comes again gets one command further. The orders of a job are
 * /run/kha-saboteur/<job>.orders:
 *   all                      before every command of every effect
 *   some <seed> <n>          before the first command of each effect, and before one in n of the others, chosen by the seed
 *   rare <seed> <n>          before one in n of all commands
 *   after <effect> <seconds> that long after the effect began; `-` for a job that is no list of effects: after its start
 *   seen <effect> <path>     as soon as there is such a file
 *   unpacked <effect> -      as soon as a package is unpacked and not set up
 * What it did is in <job>.hits, a line each: `<effect> <command>`, `<effect> <seconds>` or `<effect> <path>`.
 */

const hook = String.raw`#!/bin/sh
# begin|command JOB EFFECT, or begin JOB -
d=/run/kha-saboteur/$2 e=$3
[ -e "$d.orders" ] || exit 0
strike() {
  trap '' TERM
  echo "$e $1" >>"$d.hits"
  g=$(sed -n 's/^.*:name=systemd://p; s/^0:://p' /proc/self/cgroup | head -n 1)
  for f in /sys/fs/cgroup/systemd$g/cgroup.procs /sys/fs/cgroup/unified$g/cgroup.procs /sys/fs/cgroup$g/cgroup.procs; do
    [ -e "$f" ] || continue
    # Twice: the first round may have missed what was forked meanwhile.
    for round in 1 2; do
      while read -r p; do [ "$p" = $$ ] || kill -9 "$p"; done <"$f"
    done 2>/dev/null
    break
  done
  kill -9 $$
}
case $1 in
begin)
  echo 0 >"$d.at"
  echo "$e" >"$d.effect"
  while read -r word effect rest; do
    case $word in after | seen | unpacked) ;; *) continue ;; esac
    [ "$effect" = "$e" ] && ! grep -qxF -e "$e $rest" "$d.hits" 2>/dev/null || continue
    # Neither the job's lock nor its output may be held by who waits.
    ( exec 9>&- >/dev/null 2>&1; exec setsid "$0" "$word" "$2" "$e" "$rest" ) &
    break
  done <"$d.orders"
  ;;
after)
  sleep "$4"
  [ "$(cat "$d.effect")" = "$e" ] || exit 0
  strike "$4"
  ;;
seen)
  until [ -e "$4" ]; do sleep 0.02; done
  strike "$4"
  ;;
unpacked)
  until dpkg-query -W -f='${'$'}{db:Status-Status}\n' | grep -qx unpacked; do sleep 0.05; done
  strike "$4"
  ;;
command)
  read -r n <"$d.at"
  n=$((n + 1))
  echo $n >"$d.at"
  grep -qxF -e "$e $n" "$d.hits" 2>/dev/null && exit 0
  read -r word seed every <"$d.orders"
  case $word in
  all) strike $n ;;
  some | rare)
    [ $word$n = some1 ] && strike $n
    c=$(echo "$seed $2 $e $n" | cksum)
    [ $((${'$'}{c%% *} % every)) != 0 ] || strike $n
    ;;
  esac
  ;;
esac
exit 0
`;

// dash expands PS4 before each simple command, and waits for what it runs: nothing goes on while the hook thinks.
const shell = String.raw`#!/bin/bash
case ${'$'}{1-} in
/var/lib/kha/jobs/*/script)
  id=${'$'}{1%/script} id=${'$'}{id##*/}
  if [ -e "/run/kha-saboteur/$id.orders" ]; then
    hook=/usr/local/lib/kha-saboteur
    line='  ( set -e; kha_act_$1 ) </dev/null'
    if grep -qxF "$line" "$1"; then
      mine="  ( $hook begin $id \$1; PS4='\$($hook command $id '\$1')'; set -ex; kha_act_\$1 ) </dev/null"
      text=$(<"$1")
      printf '%s\n' "${'$'}{text/"$line"/"$mine"}" >"/run/kha-saboteur/$id.script"
      exec /bin/sh "/run/kha-saboteur/$id.script"
    fi
    "$hook" begin "$id" -
  fi
  ;;
esac
exec /bin/sh "$@"
`;

const FOLDER = '/run/kha-saboteur';

export const installSaboteur = async (host: string): Promise<void> => {
  const script = sh`mkdir -p ${FOLDER}
printf %s ${hook} >/usr/local/lib/kha-saboteur
printf %s ${shell} >/usr/local/sbin/sh
chmod 755 /usr/local/lib/kha-saboteur /usr/local/sbin/sh`;
  await onHost(host, script.text);
};

export async function orderKills(host: string, job: string, orders: readonly string[]): Promise<void> {
  await onHost(host, sh`printf '%s\n' ${orders} >${`${FOLDER}/${job}.orders`}`.text);
}

/** What it did to a job: `<effect> <command>`, `<effect> <seconds>` or `<effect> <path>`. */
export async function killsOf(host: string, job: string): Promise<string[]> {
  const text = await onHost(host, sh`cat ${`${FOLDER}/${job}.hits`} 2>/dev/null || :`.text);
  return text === '' ? [] : text.split('\n');
}
