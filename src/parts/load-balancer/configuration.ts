import type { Cluster, Host } from '../../cluster/cluster.ts';
import { LOAD_BALANCER_MANIFEST } from '../../cluster/paths.ts';
import { digest } from '../../formats/digest.ts';
import { type Command, sh, shJoin } from '../../formats/sh.ts';
import { type CommandEffect, command } from '../../graph/effects/command.ts';
import { type FileEffect, file, replaceFile } from '../../graph/effects/file.ts';
import { fullName } from '../../graph/effects/image.ts';
import { oneOffContainer } from '../one-off-container.ts';
import { ownContainer } from '../own-container.ts';
import { LOAD_BALANCER_DIR } from './load-balancer.ts';
import { loadBalancerOf } from './registry.ts';

/** What is to be, until it has been judged. */
const CANDIDATE = `${LOAD_BALANCER_DIR}/candidate`;
/** What was in force before, for the case that its successor is not taken up. */
const FORMER = `${LOAD_BALANCER_DIR}/former`;
/** There while the files in force are whole: the image whose program has judged them. */
const ACCEPTED = `${LOAD_BALANCER_DIR}/accepted-by`;
const JUDGE = 'kha-load-balancer-judge';
const RELOAD_SECONDS = 10;
/** A pod that is made anew instead. */
const RESTART_SECONDS = 60;

/** A configuration can't name its own digest: the version is that of the rest. */
export function versionOf(cluster: Cluster, host: Host): string {
  const part = loadBalancerOf(cluster);
  return `${part.mode}/${digest(part.files(cluster, host, '')).slice(0, 16)}`;
}

/** The load balancer's files on this host, by name. */
export const filesOf = (cluster: Cluster, host: Host): Record<string, string> =>
  loadBalancerOf(cluster).files(cluster, host, versionOf(cluster, host));

/** Its configuration beside the one that is in force, where a program that starts by itself does not read it. */
export const candidate = (cluster: Cluster, host: Host): FileEffect[] =>
  Object.entries(filesOf(cluster, host)).map(([name, text]) => file(`${CANDIDATE}/${name}`, text));

/** Secrets of the host's own for its load balancer: in force as soon as they are made, and where the candidate is judged. */
export function ownSecrets(cluster: Cluster): CommandEffect[] {
  const { mode, own = {} } = loadBalancerOf(cluster);
  return Object.entries(own).map(([name, print]) => {
    const [path, copy] = [`${LOAD_BALANCER_DIR}/${name}`, `${CANDIDATE}/${name}`];
    return command(`${mode} has ${name}, with a password of this host alone`, {
      look: sh`[ -s ${path} ] && cmp -s ${path} ${copy} && stat -c %a:%U ${path} ${copy} | sort -u`,
      want: '600:root',
      act: shJoin([
        sh`[ -s ${path} ] || {`,
        replaceFile(path, print, '600', 'root:root'),
        sh`}`,
        replaceFile(copy, sh`cat ${path}`, '600', 'root:root'),
        sh`chmod 600 ${path}`,
      ]),
      writes: [path, copy],
    });
  });
}

/**
 * The candidate is in force, which it is only when the program has accepted it: that of the image which is to run, in a container of its own.
 * Where the pod stays as it is, it is told at once; where it goes on with what it had, that comes back. A first
 * start has nothing to lose, and is not judged.
 */
export function inForce(cluster: Cluster, host: Host, manifest: string): CommandEffect {
  const part = loadBalancerOf(cluster);
  const files = filesOf(cluster, host);
  const paths = Object.keys(files).map((name) => `${LOAD_BALANCER_DIR}/${name}`);
  const image = fullName(cluster.loadBalancer.image);
  const version = versionOf(cluster, host);
  return command(`${part.mode} accepts its configuration`, {
    look: sh`cat ${ACCEPTED} ${paths} 2>/dev/null | sha256sum | cut -d' ' -f1`,
    want: digest([`${image}\n`, ...Object.values(files)].join('')),
    act: shJoin([
      sh`kha_judge() {
${judge(cluster)}
}
kha_told() {
${told(cluster, version, RELOAD_SECONDS)}
}
if [ -e ${LOAD_BALANCER_MANIFEST} ]; then`,
      ...part.judge.map(
        (words) =>
          sh`kha_judge ${words} || { echo ${`${part.mode} refuses the configuration in ${CANDIDATE}; what is in force stays`} >&2; exit 1; }`,
      ),
      sh`fi
kha_stays=
[ "$(sha256sum <${LOAD_BALANCER_MANIFEST} 2>/dev/null | cut -d' ' -f1)" != ${digest(manifest)} ] || kha_stays=$(${ownContainer(part.mode)})
if [ -e ${ACCEPTED} ]; then
rm -rf ${FORMER} ${`${FORMER}.new`}
mkdir ${`${FORMER}.new`}
find ${LOAD_BALANCER_DIR} -maxdepth 1 -type f ! -name '.*' ! -path ${ACCEPTED} -exec cp -p {} ${`${FORMER}.new`} ';'
mv ${`${FORMER}.new`} ${FORMER}
rm ${ACCEPTED}
fi`,
      ...Object.keys(files).map((name) =>
        replaceFile(`${LOAD_BALANCER_DIR}/${name}`, sh`cat ${`${CANDIDATE}/${name}`}`, '644', 'root:root'),
      ),
      sh`if [ -n "$kha_stays" ] && ! kha_told "$kha_stays"; then
for f in ${FORMER}/*; do
[ ! -e "$f" ] || { cp -p "$f" ${LOAD_BALANCER_DIR}/.former && mv ${LOAD_BALANCER_DIR}/.former ${LOAD_BALANCER_DIR}/"\${f##*/}"; }
done
${reload(cluster, sh`"$kha_stays"`)} || :
echo ${`${part.mode} did not take up its configuration within ${RELOAD_SECONDS} s: the former one is in force again`} >&2
exit 1
fi`,
      replaceFile(ACCEPTED, sh`echo ${image}`, '644', 'root:root'),
    ]),
    writes: [ACCEPTED, FORMER, ...paths],
  });
}

/** It answers with this version; a pod that runs with another, or is being made anew, is told, and waited for. */
export function served(cluster: Cluster, host: Host): CommandEffect {
  const { mode } = loadBalancerOf(cluster);
  const version = versionOf(cluster, host);
  return command(`${mode} serves with this configuration`, {
    look: sh`${answer(cluster)} || echo 'no answer'`,
    want: version,
    act: sh`kha_told() {
${told(cluster, version, RESTART_SECONDS)}
}
kha_told "$(${ownContainer(mode)})" || { echo ${`${mode} did not take up its configuration within ${RESTART_SECONDS} s`} >&2; exit 1; }`,
  });
}

/** Exits 0 when the program of this mode answers, whatever it serves with. */
export const answers = (cluster: Cluster): Command =>
  sh`case $(${answer(cluster)}) in ${`${loadBalancerOf(cluster).mode}/`}*) ;; *) exit 1;; esac`;

const answer = (cluster: Cluster): Command =>
  sh`curl -fsS --noproxy '*' --max-time 2 ${`http://127.0.0.1:${cluster.loadBalancer.healthPort}/configuration`}`;

/** Runs its arguments in a container of the image where the candidate stands for what is in force. */
const judge = (cluster: Cluster): Command =>
  oneOffContainer(cluster, {
    name: JUDGE,
    image: cluster.loadBalancer.image,
    from: CANDIDATE,
    to: LOAD_BALANCER_DIR,
    access: 'ro',
    seconds: 60,
  });

/** Exits 0 when the container $1 answers with this version within so many seconds; a pod that is just made anew needs no reload. */
const told = (cluster: Cluster, version: string, seconds: number): Command =>
  sh`[ -z "$1" ] || ${reload(cluster, sh`"$1"`)} || :
kha_tries=${seconds * 5}
until [ "$(${answer(cluster)} 2>/dev/null)" = ${version} ]; do
kha_tries=$((kha_tries - 1))
[ "$kha_tries" -gt 0 ] || return 1
sleep 0.2
done`;

function reload(cluster: Cluster, container: Command): Command {
  const words = loadBalancerOf(cluster).reload;
  return words === undefined ? sh`:` : sh`crictl exec ${container} ${words}`;
}
