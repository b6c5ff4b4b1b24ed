import type { Cluster, Host } from '../cluster/cluster.ts';
import { ADMIN_CONF } from '../cluster/paths.ts';
import { isNode, masters, type Role, rolesOf } from '../cluster/role.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import { printing } from '../graph/effects/file.ts';
import { step } from '../graph/step.ts';
import { initFirstMaster } from './init-first-master.ts';
import { joinEtcd } from './join-etcd.ts';
import { joinMaster } from './join-master.ts';
import { joinWorker } from './join-worker.ts';

export const nodeLabels = step({
  id: 'node-labels',
  title: 'Role labels of the nodes',
  why: '`kubectl get nodes` shows what a node is for, and pods can be placed by it.',
  after: [initFirstMaster],
  afterAll: [joinMaster, joinWorker, joinEtcd],
  hosts: masters,
  forCluster: true,
  effects: ({ cluster, targets }) => {
    const labels = wanted(cluster, targets);
    return [
      command('every node has the labels of its roles', { look: look(labels), want: 'labelled', act: act(labels) }),
    ];
  },
  policy: 'quick',
});

// Both words for a master: ours, which the seed's manifests select by, and kubeadm's.
const LABELS: Record<Role, string[]> = {
  master: ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'],
  worker: ['node-role.kubernetes.io/worker'],
  etcd: ['node-role.kubernetes.io/etcd'],
  lb: ['node-role.kubernetes.io/lb'],
};

/** By node name. */
type Labels = [string, string[]][];

const wanted = (cluster: Cluster, targets: readonly Host[]): Labels =>
  targets
    .filter((host) => isNode(cluster, host))
    .map((host) => [host.nodeName, rolesOf(cluster, host).flatMap((role) => LABELS[role])]);

const TEMPLATE =
  '{{range .items}}{{$n := .metadata.name}}{{range $k, $v := .metadata.labels}}{{$n}} {{$k}}{{"\\n"}}{{end}}{{end}}';

/** One question for all nodes, compared on the host: a line `node label` each. */
function look(labels: Labels): Command {
  const pairs = labels.flatMap(([node, labels]) => labels.map((label) => `${node} ${label}\n`));
  const compare =
    '$0 == "==" { w = 1; next } !w { have[$0] = 1; next } !($0 in have) { m = m " " $1 "/" $2 } END { print m == "" ? "labelled" : "missing" m }';
  return shJoin([
    sh`kha_content() {`,
    printing(pairs.join('')),
    sh`}`,
    sh`have=$(kubectl --kubeconfig ${ADMIN_CONF} get nodes -o ${`go-template=${TEMPLATE}`}) || exit 0`,
    sh`{ printf '%s\n==\n' "$have"; kha_content; } | awk ${compare}`,
  ]);
}

/** Nodes of the same roles in one command, a hundred at a time. */
function act(wanted: Labels): Command {
  const groups = new Map<string, string[]>();
  for (const [node, labels] of wanted) {
    const key = labels.join(' ');
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const commands = [...groups].flatMap(([labels, names]) => {
    const pairs = labels.split(' ').map((label) => `${label}=`);
    const parts = Array.from({ length: Math.ceil(names.length / 100) }, (_, i) => names.slice(i * 100, i * 100 + 100));
    return parts.map((part) => sh`kubectl --kubeconfig ${ADMIN_CONF} label nodes ${part} --overwrite ${pairs}`);
  });
  return shJoin(commands);
}
