import type { Cluster } from '../cluster/cluster.ts';
import { ADMIN_CONF } from '../cluster/paths.ts';
import { type Command, sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import type { Effect } from '../graph/effects/registry.ts';

export interface DaemonSetName {
  namespace: string;
  name: string;
  /** Label selector of its pods. */
  selector: string;
}

/** Pods that are deleted at a time. */
const BATCH = 20;

/**
 * All pods of a daemon set that are ready are of its present template. It is not waited for its own update, which takes one pod after another and
 * stands still where a node is down: pods of the former template are deleted, some at a time.
 */
export function podsAreFresh(cluster: Cluster, set: DaemonSetName): Effect {
  const kubectl = sh`kubectl --kubeconfig ${ADMIN_CONF} -n ${set.namespace}`;
  const stale = staleScript(kubectl, set);
  return command(`pods of ${set.name} are of its present template`, {
    look: sh`${stale}
kha_names=$(kha_stale) || exit 0
if [ -z "$kha_names" ]; then echo fresh; else echo "$(echo "$kha_names" | wc -l) are not"; fi`,
    want: 'fresh',
    act: sh`${stale}
kha_end=$(( $(date +%s) + ${cluster.timeouts.readyMinutes * 60} ))
while :; do
if kha_names=$(kha_stale); then
[ -n "$kha_names" ] || break
${kubectl} delete pods --ignore-not-found --timeout 60s $(echo "$kha_names" | head -n ${BATCH}) || :
fi
[ "$(date +%s)" -lt "$kha_end" ] || { echo ${`pods of ${set.name} were not made anew in time`} >&2; exit 1; }
sleep 0.5
done`,
  });
}

const PODS =
  '{{range .items}}{{$n := .metadata.name}}{{$h := index .metadata.labels "controller-revision-hash"}}{{if not .metadata.deletionTimestamp}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{$n}} {{$h}}{{"\\n"}}{{end}}{{end}}{{end}}{{end}}';
const SEEN = '{.metadata.generation} {.status.observedGeneration}';
const NEWEST = '{.items[-1:].metadata.labels.controller-revision-hash}';

/** Defines `kha_stale`, which prints the names of ready pods of former templates; it fails while its controller has not seen the present one. */
const staleScript = (kubectl: Command, { name, selector }: DaemonSetName): Command => sh`kha_stale() {
kha_seen=$(${kubectl} get daemonset ${name} --ignore-not-found -o ${`jsonpath=${SEEN}`}) || return 1
[ -n "$kha_seen" ] || return 0
[ "\${kha_seen% *}" = "\${kha_seen#* }" ] || return 1
kha_hash=$(${kubectl} get controllerrevisions -l ${selector} --sort-by=.revision -o ${`jsonpath=${NEWEST}`}) || return 1
kha_pods=$(${kubectl} get pods -l ${selector} -o ${`go-template=${PODS}`}) || return 1
echo "$kha_pods" | awk -v h="$kha_hash" 'NF == 2 && $2 != h { print $1 }'
}`;
