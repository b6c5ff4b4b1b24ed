import { KUBELET_CONF } from '../cluster/paths.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import type { Effect } from '../graph/effects/registry.ts';

/** kubelet of a node asks this server: a URL. One that asks an API server in `or` may go on. */
export function kubeletAsks(server: string, { or = [] }: { or?: readonly string[] } = {}): Effect {
  const aside = `${KUBELET_CONF}.kha-new`;
  return command(`kubelet asks ${server}`, {
    look: sh`kha_server=$(sed -n ${String.raw`s/^ *server: *//p`} ${KUBELET_CONF})
for s in ${[server, ...or]}; do [ "$kha_server" != "$s" ] || kha_server=${server}; done
if systemctl -q is-active kubelet; then echo "$kha_server"; else echo 'it does not run'; fi`,
    want: server,
    // Stopped first: a kubelet that runs is one that has read the file.
    act: shJoin([
      sh`systemctl stop kubelet`,
      sh`sed ${`s|^\\( *server: *\\).*|\\1${server}|`} ${KUBELET_CONF} >${aside}`,
      sh`chmod 600 ${aside} && mv ${aside} ${KUBELET_CONF}`,
      sh`systemctl start kubelet`,
    ]),
  });
}
