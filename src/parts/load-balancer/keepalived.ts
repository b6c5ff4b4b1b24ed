import type { Cluster, Host } from '../../cluster/cluster.ts';
import { KHA_DIR, MANIFEST_DIR } from '../../cluster/paths.ts';
import { lbHosts } from '../../cluster/role.ts';
import { digest } from '../../formats/digest.ts';
import { sh, shJoin } from '../../formats/sh.ts';
import { staticPod } from '../../formats/static-pod.ts';
import { lines, text } from '../../formats/text.ts';
import { command } from '../../graph/effects/command.ts';
import { file, replaceFile, secretFile } from '../../graph/effects/file.ts';
import { images } from '../../graph/effects/image.ts';
import type { Effect } from '../../graph/effects/registry.ts';
import { ownContainer } from '../own-container.ts';

export const KEEPALIVED_DIR = `${KHA_DIR}/keepalived`;
const CONFIGURATION = `${KEEPALIVED_DIR}/keepalived.conf`;
const CANDIDATE = `${KEEPALIVED_DIR}/candidate.conf`;
const AUTHENTICATION = `${KEEPALIVED_DIR}/authentication.conf`;
const CHECK = `${KEEPALIVED_DIR}/check.sh`;
export const KEEPALIVED_MANIFEST = `${MANIFEST_DIR}/kha-keepalived.yaml`;
/** In the container: version of the configuration that it runs with. */
const RUNS_WITH = '/tmp/runs-with';
export const KEEPALIVED = 'keepalived';

/** Name of the store's secret with the password of a cluster's VRRP, as keepalived includes it. */
export const keepalivedSecret = (cluster: string): string => `${cluster}/keepalived`;

/** VRRP sends no more than eight characters of it. Source: RFC 2338, 5.3.10. */
export const authenticationBlock = (password: string): string => text`
  authentication {
    auth_type PASS
    auth_pass ${password}
  }
`;

/** VRRP of version 2 is for IPv4 alone, and version 3 knows no password any more. */
const isVersion2 = (cluster: Cluster): boolean => !cluster.loadBalancer.address?.includes(':');

/**
 * The virtual address, on the one of the lb hosts whose proxy serves. All begin as backups, none takes it away from one that has it,
 * and each has a priority of its own: so it moves when it must, and not back.
 */
export function keepalived(cluster: Cluster, host: Host, interfaceName: string): Effect[] {
  const { keepalived: settings, address } = cluster.loadBalancer;
  if (settings === undefined || address === undefined) return [];
  const body = configuration(cluster, host, { ...settings, address, interfaceName });
  const version = digest(body).slice(0, 16);
  const whole = `# version: ${version}\n${body}`;
  const noteVersion = sh`sed -n ${'s/^# version: //p'} ${CONFIGURATION} >${RUNS_WITH}`;
  const inContainer = (words: string): string => `${noteVersion.text}; ${words}`;
  return [
    images([settings.image, cluster.runtime.pauseImage]),
    ...(isVersion2(cluster) ? [secretFile(AUTHENTICATION, keepalivedSecret(cluster.name))] : []),
    file(CHECK, checkScript(cluster), { mode: '700' }),
    file(CANDIDATE, whole),
    command('keepalived accepts its configuration', {
      look: sh`sed -n ${'s/^# version: //p'} ${CONFIGURATION} 2>/dev/null`,
      want: version,
      // A first start has nothing to lose, and is not judged.
      act: shJoin([
        sh`c=$(${ownContainer(KEEPALIVED)})
if [ -n "$c" ]; then crictl exec "$c" keepalived -t -f ${CANDIDATE} || { echo 'keepalived refuses its new configuration; what is in force stays' >&2; exit 1; }; fi`,
        replaceFile(CONFIGURATION, sh`cat ${CANDIDATE}`, '644', 'root:root'),
      ]),
      writes: [CONFIGURATION],
    }),
    file(
      KEEPALIVED_MANIFEST,
      staticPod({
        name: 'kha-keepalived',
        labels: { component: 'kha-keepalived', tier: 'control-plane' },
        // It tells the others that it goes.
        graceSeconds: 5,
        volumes: [{ name: 'configuration', hostPath: KEEPALIVED_DIR, readOnly: true, type: 'Directory' }],
        container: {
          name: KEEPALIVED,
          image: settings.image,
          command: ['sh', '-c', inContainer(`exec keepalived --dont-fork --log-console -f ${CONFIGURATION}`)],
          resources: { requests: { cpu: '10m', memory: '16Mi' } },
          securityContext: {
            runAsUser: 0,
            capabilities: { add: ['NET_ADMIN', 'NET_BROADCAST', 'NET_RAW'] },
          },
        },
      }),
      { mode: '600' },
    ),
    command('keepalived runs with this configuration', {
      look: sh`c=$(${ownContainer(KEEPALIVED)}); [ -n "$c" ] && crictl exec "$c" cat ${RUNS_WITH} 2>/dev/null || echo 'it does not run'`,
      want: version,
      act: sh`t=$((${cluster.timeouts.readyMinutes} * 300))
until c=$(${ownContainer(KEEPALIVED)}); [ -n "$c" ] && [ "$(crictl exec "$c" cat ${RUNS_WITH} 2>/dev/null)" = ${version} ]; do
[ -z "$c" ] || crictl exec "$c" sh -c ${inContainer('kill -HUP 1')} || :
t=$((t - 1)); [ "$t" -gt 0 ] || { echo 'keepalived does not run with its configuration' >&2; exit 1; }
sleep 0.2
done`,
    }),
  ];
}

interface Settings {
  address: string;
  interfaceName: string;
  routerId: number;
}

function configuration(cluster: Cluster, host: Host, { address, interfaceName, routerId }: Settings): string {
  const hosts = lbHosts(cluster);
  const peers = hosts.filter((h) => h !== host).map((h) => h.address);
  return text`
    global_defs {
      router_id ${host.nodeName}
      script_user root
      enable_script_security
      vrrp_version ${isVersion2(cluster) ? 2 : 3}
    }

    vrrp_script serves {
      script "/bin/sh ${CHECK}"
      interval 1
      timeout 7
      fall 2
      rise 2
    }

    vrrp_instance kube_apiserver {
      state BACKUP
      nopreempt
      interface ${interfaceName}
      virtual_router_id ${routerId}
      priority ${200 - hosts.indexOf(host)}
      advert_int 1
      ${lines(isVersion2(cluster) ? [`include ${AUTHENTICATION}`] : [])}
      ${lines(unicast(host, peers))}
      virtual_ipaddress {
        ${address}/${address.includes(':') ? 128 : 32}
      }
      track_script {
        serves
      }
    }
  `;
}

/** keepalived refuses unicast without peers: who is alone speaks to the network, and nobody is there to hear. */
const unicast = (host: Host, peers: readonly string[]): string[] =>
  peers.length === 0
    ? []
    : [`unicast_src_ip ${host.address}`, 'unicast_peer {', ...peers.map((peer) => `  ${peer}`), '}'];

/**
 * Exits 0 where clients are served by this host: its proxy lives, and finds an API server that is ready. That one was ready once is
 * remembered; before, while a cluster is made, somebody must have the address.
 */
function checkScript({ loadBalancer: { address, port, healthPort } }: Cluster): string {
  const own = address?.includes(':') ? '[::1]' : '127.0.0.1';
  return text`
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
    ask() {
      if command -v curl >/dev/null; then curl -fsSk --max-time 3 -o /dev/null "$1"; else wget -q -T 3 --no-check-certificate -O /dev/null "$1"; fi
    }
    ask http://127.0.0.1:${healthPort}/healthz || exit 1
    if ask https://${own}:${port}/readyz; then : >/tmp/was-ready; exit 0; fi
    [ ! -e /tmp/was-ready ]
  `;
}
