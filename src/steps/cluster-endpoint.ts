import { ADMIN_CONF } from '../cluster/paths.ts';
import { controlPlaneEndpoint } from '../cluster/endpoint.ts';
import { masters } from '../cluster/role.ts';
import { type Command, sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { step } from '../graph/step.ts';
import { clusterInfoHas } from '../parts/cluster-info.ts';
import { podsAreFresh } from '../parts/daemon-set.ts';
import { networkOf } from '../parts/network/registry.ts';
import { credentials } from './credentials.ts';
import { network } from './network.ts';

export const clusterEndpoint = step({
  id: 'cluster-endpoint',
  title: 'Pods and newcomers go by the new way',
  why: 'kube-proxy and the pod network have the address in objects of the cluster, and read it at their start; kubeadm join finds it in cluster-info.',
  afterAll: [credentials, network],
  hosts: masters,
  forCluster: true,
  effects: ({ cluster }) => {
    const server = `https://${controlPlaneEndpoint(cluster)}`;
    const daemonSet = networkOf(cluster)?.daemonSet;
    return [
      clusterInfoHas(`cluster-info names ${server}`, 'server', server),
      kubeProxy(server),
      podsAreFresh(cluster, { namespace: 'kube-system', name: 'kube-proxy', selector: 'k8s-app=kube-proxy' }),
      ...(daemonSet ? [podsAreFresh(cluster, daemonSet)] : []),
    ];
  },
  policy: 'install',
});

const kubectl = (namespace: string): Command => sh`kubectl --kubeconfig ${ADMIN_CONF} -n ${namespace}`;
const SERVER = String.raw`s/^ *server: *//p`;
const withServer = (server: string): string => `s|^\\( *server: *\\).*|\\1${server}|`;
const field = (path: string): string => `jsonpath={${path}}`;
/** Puts one key of a config map; others stay as they are, and stay their owners'. */
const apply = (namespace: string): Command =>
  sh`${kubectl(namespace)} apply --server-side --force-conflicts --field-manager kha -f -`;

const MARK = 'kha/endpoint';

/**
 * The server of kube-proxy, and the template of its pods. Both have the same mark once kha has changed the server: in the config map it is written
 * together with the server, so that a change whose pods were not told is seen.
 */
function kubeProxy(server: string): Effect {
  const system = kubectl('kube-system');
  const map = (path: string): Command => sh`${system} get configmap kube-proxy --ignore-not-found -o ${field(path)}`;
  const text = map(String.raw`.data.kubeconfig\.conf`);
  const patch = JSON.stringify({ spec: { template: { metadata: { annotations: { [MARK]: server } } } } });
  return command(`kube-proxy asks ${server}`, {
    look: sh`kha_text=$(${text}) && kha_mark=$(${map(`.metadata.annotations.${MARK}`)}) || exit 0
kha_pods=$(${system} get daemonset kube-proxy --ignore-not-found -o ${field(`.spec.template.metadata.annotations.${MARK}`)}) || exit 0
if [ -z "$kha_text" ]; then echo ${server}
elif [ "$kha_mark" != "$kha_pods" ]; then echo 'its pods are not told'
else printf '%s\n' "$kha_text" | sed -n ${SERVER}; fi`,
    want: server,
    act: sh`set -e
kha_new=$(${text})
kha_new=$(printf '%s\n' "$kha_new" | sed ${withServer(server)})
${system} create configmap kube-proxy --from-literal=kubeconfig.conf="$kha_new
" --dry-run=client -o yaml | ${system} annotate --local -f - -o yaml ${`${MARK}=${server}`} | ${apply('kube-system')}
${system} patch daemonset kube-proxy --type merge -p ${patch}`,
  });
}
