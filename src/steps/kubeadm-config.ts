import { controlPlaneEndpoint, etcdEndpoints } from '../cluster/endpoint.ts';
import { ADMIN_CONF } from '../cluster/paths.ts';
import { masters } from '../cluster/role.ts';
import { type Command, sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import { step } from '../graph/step.ts';
import { apiServerNames } from '../parts/kubeadm-api/model.ts';
import { credentials } from './credentials.ts';
import { joinEtcd } from './join-etcd.ts';
import { startApiServers } from './start-api-servers.ts';
import { joinMaster } from './join-master.ts';
import { leaveEtcd } from './leave-etcd.ts';

/** An address of IPv6 has to have them in YAML. */
const QUOTES = `"'`;

export const kubeadmConfig = step({
  id: 'kubeadm-config',
  title: "kubeadm's record of the cluster",
  why: 'Masters that join later, and kubeadm upgrade, read there where etcd and the API servers are, and whom certificates of API servers have to name.',
  afterAll: [joinMaster, joinEtcd, leaveEtcd, credentials, startApiServers],
  hosts: masters,
  forCluster: true,
  everywhere: true,
  effects: ({ cluster }) => {
    const lists = { endpoints: etcdEndpoints(cluster).join(','), certSANs: apiServerNames(cluster).join(',') };
    const endpoint = controlPlaneEndpoint(cluster);
    const inYaml = endpoint.startsWith('[') ? `"${endpoint}"` : endpoint;
    const kubectl = sh`kubectl --kubeconfig ${ADMIN_CONF} -n kube-system`;
    const text = sh`${kubectl} get configmap kubeadm-config -o ${'jsonpath={.data.ClusterConfiguration}'}`;
    return [
      command('kubeadm-config names the way to the API, all members of etcd, and all masters', {
        look: sh`kha_text=$(${text})
printf '%s\n' "$kha_text" | sed -n ${String.raw`s/^controlPlaneEndpoint: *//p`} | tr -d ${QUOTES} | tr '\\n' ' '
printf '%s\n' "$kha_text" | ${listOf('endpoints')}
printf ' '
printf '%s\n' "$kha_text" | ${listOf('certSANs')}`,
        want: `${endpoint} ${lists.endpoints} ${lists.certSANs}`,
        act: sh`set -e
new=$(${text})
new=$(printf '%s\n' "$new" | sed ${`s|^controlPlaneEndpoint: .*|controlPlaneEndpoint: ${inYaml}|`} | ${withList('endpoints', lists.endpoints)} | ${withList('certSANs', lists.certSANs)})
${kubectl} create configmap kubeadm-config --from-literal=ClusterConfiguration="$new
" --dry-run=client -o yaml | ${kubectl} apply --server-side --force-conflicts --field-manager kha -f -`,
      }),
    ];
  },
  policy: 'quick',
});

/** Prints the items of a list of kubeadm's own YAML, with commas between. */
const listOf = (key: string): Command =>
  sh`awk -v k=${`${key}:`} ${String.raw`$1 == k && NF == 1 { on = 1; next } on && /^ *- / { printf "%s%s", n++ ? "," : "", $2; next } { on = 0 }`}`;

/** Replaces them. */
const withList = (key: string, items: string): Command =>
  sh`awk -v k=${`${key}:`} -v e=${items} ${String.raw`$1 == k && NF == 1 { print; indent = $0; sub(/[^ ].*/, "", indent); n = split(e, all, ","); for (i = 1; i <= n; i++) print indent "- " all[i]; on = 1; next } on && /^ *- / { next } { on = 0; print }`}`;
