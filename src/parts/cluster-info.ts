import { ADMIN_CONF } from '../cluster/paths.ts';
import { sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import type { Effect } from '../graph/effects/registry.ts';

const kubePublic = sh`kubectl --kubeconfig ${ADMIN_CONF} -n kube-public`;

/** The kubeconfig that newcomers read with a token has this value; the controller manager signs it anew by itself. */
export function clusterInfoHas(title: string, key: 'server' | 'certificate-authority-data', value: string): Effect {
  const text = sh`${kubePublic} get configmap cluster-info -o ${'jsonpath={.data.kubeconfig}'}`;
  return command(title, {
    look: sh`${text} | sed -n ${`s/^ *${key}: *//p`}`,
    want: value,
    act: sh`set -e
kha_new=$(${text})
kha_new=$(printf '%s\n' "$kha_new" | sed ${`s|^\\( *${key}: *\\).*|\\1${value}|`})
${kubePublic} create configmap cluster-info --from-literal=kubeconfig="$kha_new
" --dry-run=client -o yaml | ${kubePublic} apply --server-side --force-conflicts --field-manager kha -f -`,
  });
}
