import type { Cluster, Host } from '../cluster/cluster.ts';
import { ADMIN_CONF } from '../cluster/paths.ts';
import { isMaster, isNode, isWorker, masters, type Role, rolesOf } from '../cluster/role.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import { printing } from '../graph/effects/file.ts';
import { step } from '../graph/step.ts';
import { initFirstMaster } from './init-first-master.ts';
import { joinEtcd } from './join-etcd.ts';
import { joinMaster } from './join-master.ts';
import { joinWorker } from './join-worker.ts';
import { leaveRole } from './leave-role.ts';

export const nodeLabels = step({
  id: 'node-labels',
  title: 'Labels and taints of the roles',
  why: '`kubectl get nodes` shows what a node is for, pods can be placed by it, and masters that are no workers keep them off.',
  after: [initFirstMaster],
  afterAll: [joinMaster, joinWorker, joinEtcd, leaveRole],
  hosts: masters,
  forCluster: true,
  effects: ({ cluster, targets }) => {
    const marks = targets.filter((host) => isNode(cluster, host)).map((host) => marksOf(cluster, host));
    return [
      command('every node has the labels and taints of its roles, and no others', {
        look: look(marks),
        want: 'as its roles',
        act: act(marks),
      }),
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

/** What a node has, and what it has not, for its roles. A taint is written as kubectl does, `key:NoSchedule`. */
interface Marks {
  node: string;
  labels: string[];
  noLabels: string[];
  taints: string[];
  noTaints: string[];
}

function marksOf(cluster: Cluster, host: Host): Marks {
  const labels = rolesOf(cluster, host).flatMap((role) => LABELS[role]);
  const taints = cluster.kubernetes.release.masterTaints.map((key) => `${key}:NoSchedule`);
  const isTainted = isMaster(cluster, host) && !isWorker(cluster, host);
  return {
    node: host.nodeName,
    labels,
    noLabels: Object.values(LABELS)
      .flat()
      .filter((label) => !labels.includes(label)),
    taints: isTainted ? taints : [],
    noTaints: isTainted ? [] : taints,
  };
}

const TEMPLATE = [
  '{{range .items}}{{$n := .metadata.name}}',
  '{{range $k, $v := .metadata.labels}}{{$n}} {{$k}}{{"\\n"}}{{end}}',
  '{{range .spec.taints}}{{$n}} {{.key}}:{{.effect}}{{"\\n"}}{{end}}{{end}}',
].join('');

/** One question for all nodes, compared on the host: a line `+ node mark` or `- node mark` each. */
function look(all: readonly Marks[]): Command {
  const wanted = all.flatMap(({ node, labels, noLabels, taints, noTaints }) => [
    ...[...labels, ...taints].map((mark) => `+ ${node} ${mark}\n`),
    ...[...noLabels, ...noTaints].map((mark) => `- ${node} ${mark}\n`),
  ]);
  const compare =
    '$0 == "==" { w = 1; next } !w { have[$0] = 1; next } { there = ($2 " " $3) in have } $1 == "+" && !there { m = m ", " $2 " lacks " $3 } $1 == "-" && there { m = m ", " $2 " has " $3 } END { print m == "" ? "as its roles" : substr(m, 3) }';
  return shJoin([
    sh`kha_content() {`,
    printing(wanted.join('')),
    sh`}`,
    sh`have=$(kubectl --kubeconfig ${ADMIN_CONF} get nodes -o ${`go-template=${TEMPLATE}`}) || exit 0`,
    sh`{ printf '%s\n==\n' "$have"; kha_content; } | awk ${compare}`,
  ]);
}

/** Nodes of the same roles in one command, a hundred at a time. */
function act(all: readonly Marks[]): Command {
  const groups = new Map<string, { marks: Marks; names: string[] }>();
  for (const { node, ...marks } of all) {
    const key = JSON.stringify(marks);
    const group = groups.get(key) ?? { marks: { node, ...marks }, names: [] };
    group.names.push(node);
    groups.set(key, group);
  }
  const kubectl = sh`kubectl --kubeconfig ${ADMIN_CONF}`;
  const commands = [...groups.values()].flatMap(({ marks, names }) => {
    const labels = [...marks.labels.map((label) => `${label}=`), ...marks.noLabels.map((label) => `${label}-`)];
    const parts = Array.from({ length: Math.ceil(names.length / 100) }, (_, i) => names.slice(i * 100, i * 100 + 100));
    return parts.flatMap((part) => [
      sh`${kubectl} label nodes ${part} --overwrite ${labels}`,
      ...(marks.taints.length > 0 ? [sh`${kubectl} taint nodes ${part} --overwrite ${marks.taints}`] : []),
      // It fails for the nodes that have none; the look says whether one is left.
      ...marks.noTaints.map((taint) => sh`${kubectl} taint nodes ${part} ${`${taint}-`} 2>/dev/null || :`),
    ]);
  });
  return shJoin(commands);
}
