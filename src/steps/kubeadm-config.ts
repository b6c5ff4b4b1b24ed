import { etcdEndpoints } from '../cluster/endpoint.ts';
import { ADMIN_CONF } from '../cluster/paths.ts';
import { masters } from '../cluster/role.ts';
import { sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import { step } from '../graph/step.ts';
import { joinEtcd } from './join-etcd.ts';
import { leaveEtcd } from './leave-etcd.ts';

export const kubeadmConfig = step({
  id: 'kubeadm-config',
  title: "kubeadm's record of the cluster",
  why: 'Masters that join later, and kubeadm upgrade, read there where etcd is.',
  afterAll: [joinEtcd, leaveEtcd],
  hosts: masters,
  forCluster: true,
  everywhere: true,
  effects: ({ cluster }) => {
    const wanted = etcdEndpoints(cluster).join(',');
    const kubectl = sh`kubectl --kubeconfig ${ADMIN_CONF} -n kube-system`;
    const text = sh`${kubectl} get configmap kubeadm-config -o ${'jsonpath={.data.ClusterConfiguration}'}`;
    const listed = String.raw`/^ *endpoints:/ { on = 1; next } on && /^ *- / { printf "%s%s", n++ ? "," : "", $2; next } { on = 0 }`;
    const replaced = String.raw`/^ *endpoints:/ { print; indent = $0; sub(/endpoints:.*/, "", indent); n = split(e, all, ","); for (i = 1; i <= n; i++) print indent "- " all[i]; on = 1; next } on && /^ *- / { next } { on = 0; print }`;
    return [
      command('kubeadm-config names all members of etcd', {
        look: sh`${text} | awk ${listed}`,
        want: wanted,
        act: sh`set -e
new=$(${text})
new=$(printf '%s\\n' "$new" | awk -v e=${wanted} ${replaced})
${kubectl} create configmap kubeadm-config --from-literal=ClusterConfiguration="$new
" --dry-run=client -o yaml | ${kubectl} apply --server-side --force-conflicts --field-manager kha -f -`,
      }),
    ];
  },
  policy: 'quick',
});
