import { KUBELET_DUE } from '../cluster/paths.ts';
import { type Command, sh } from '../formats/sh.ts';

/** Before and after, so that a restart of kubelet is due whenever the change is cut off. */
const due = sh`mkdir -p /var/lib/kha/due && touch ${KUBELET_DUE}`;
export const markedDue = (act: Command): Command => sh`set -e
${due}
${act}
${due}`;
