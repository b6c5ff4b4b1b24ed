import type { Cluster } from '../../cluster/cluster.ts';
import { LOAD_BALANCER_MANIFEST } from '../../cluster/paths.ts';
import { type Command, sh } from '../../formats/sh.ts';
import { absent } from '../../graph/effects/absent.ts';
import type { Effect } from '../../graph/effects/registry.ts';
import { wait } from '../../graph/effects/wait.ts';
import { KEEPALIVED_DIR, KEEPALIVED_MANIFEST } from './keepalived.ts';
import { LOAD_BALANCER_DIR } from './load-balancer.ts';

/** The host carries no virtual address: one that it has is handed on first. */
export const noKeepalived = (cluster: Cluster): Effect[] => [
  absent(KEEPALIVED_MANIFEST),
  podGone(cluster, 'kha-keepalived'),
  absent(KEEPALIVED_DIR),
];

/** No proxy of kha's runs on the host, of whatever mode it was. */
export const noProxy = (cluster: Cluster): Effect[] => [
  absent(LOAD_BALANCER_MANIFEST),
  podGone(cluster, 'kha-load-balancer'),
  absent(LOAD_BALANCER_DIR),
];

const podGone = (cluster: Cluster, component: string): Effect =>
  wait(`no ${component} runs any more`, {
    probe: sh`pods=$(${podsOf(component)}) && [ -z "$pods" ]`,
    timeoutSeconds: cluster.timeouts.readyMinutes * 60,
  });

/** Prints the ids of static pods of this host; kubelet gives their labels on to the runtime. */
const podsOf = (component: string): Command =>
  sh`crictl pods -q --state ready --namespace kube-system --label ${`component=${component}`}`;
