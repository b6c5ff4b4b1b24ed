import type { Cluster } from '../cluster/cluster.ts';
import { sh, shJoin } from '../formats/sh.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { wait } from '../graph/effects/wait.ts';
import { ownContainer } from './own-container.ts';

/** None of the cluster's own containers of these names runs any more; for after their manifests went. */
export const noContainer = (cluster: Cluster, names: readonly string[]): Effect =>
  wait(`no ${names.join(', ')} runs any more`, {
    probe: shJoin([
      sh`crictl version || exit 1`,
      ...names.map((name) => sh`[ -z "$(${ownContainer(name)})" ] || exit 1`),
    ]),
    timeoutSeconds: cluster.timeouts.readyMinutes * 60,
  });
