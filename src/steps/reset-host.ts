import { BOOTSTRAP_CONF, CRI_SOCKET, KUBELET_CONF, KUBELET_DIR } from '../cluster/paths.ts';
import { isEtcd } from '../cluster/role.ts';
import { sh, shJoin, shRaw } from '../formats/sh.ts';
import { absent } from '../graph/effects/absent.ts';
import { command } from '../graph/effects/command.ts';
import { type Effect, effectKind } from '../graph/effects/registry.ts';
import { packagesGone } from '../graph/effects/packages-gone.ts';
import { type PlanContext, type Step, step } from '../graph/step.ts';
import type { Host } from '../cluster/cluster.ts';
import { apiServerEtcd } from './api-server-etcd.ts';
import { apiServerFiles } from './api-server-files.ts';
import { baseSystem } from './base-system.ts';
import { clusterEndpoint } from './cluster-endpoint.ts';
import { containerRuntime } from './container-runtime.ts';
import { deleteNode } from './delete-node.ts';
import { etcd } from './etcd.ts';
import { kubelets } from './kubelets.ts';
import { kubernetesPackages } from './kubernetes-packages.ts';
import { loadBalancer } from './load-balancer.ts';
import { packageRepositories } from './package-repositories.ts';
import { standaloneKubelet } from './standalone-kubelet.ts';

/** What made the host, in the order in which it did; it is taken back the other way round. */
const MADE_BY: readonly Step[] = [
  baseSystem,
  packageRepositories,
  containerRuntime,
  kubernetesPackages,
  standaloneKubelet,
  loadBalancer,
  etcd,
  apiServerFiles,
];

/** Interfaces of kube-proxy, of the pod network and of CNI's bridge, all of them made by name. */
const INTERFACES = ['kube-ipvs0', 'cni0', 'flannel.1', 'flannel-v6.1'];

export const resetHost = step({
  id: 'reset-host',
  title: 'Reset the hosts',
  why: 'A host that left is as it was found: without the files, packages, interfaces and rules that kha and Kubernetes brought, and with all that others own.',
  after: [deleteNode],
  // An API server that knew no other member would be cut off, and so would nodes that go by the host.
  afterAll: [apiServerEtcd, kubelets, clusterEndpoint],
  hosts: (cluster) => cluster.hosts,
  leaving: true,
  skipWhen: ({ facts }, { name, address }) =>
    facts[name] === undefined &&
    `it does not answer; once it is back: kha start-workflow reset-node --host ${name}=${address}`,
  effects: (context, host) => [
    nothingRuns(),
    nothingMounted(context.cluster.kubernetes.kubeletRootDir),
    // While their programs are there.
    noInterfaces(),
    noRules(),
    ...takenBack(context, host),
    // flannel put it among the files of a package.
    absent('/opt/cni/bin/flannel'),
    packagesGone(),
    noStorage(context.cluster.runtime.storageDir),
    ...[...new Set([KUBELET_DIR, context.cluster.kubernetes.kubeletRootDir])].map(absent),
    ...(isEtcd(context.cluster, host) ? [absent(context.cluster.etcd.dataDir)] : []),
    ...['/etc/kubernetes', '/etc/cni/net.d', '/var/lib/cni', '/run/flannel', '/var/lib/kha/started'].map(absent),
    reloaded(),
  ],
  policy: 'install',
});

/** kubeadm's own reset: stops kubelet, removes the pods, unmounts their volumes. */
const nothingRuns = (): Effect =>
  command('no kubelet and no pods', {
    look: sh`if systemctl -q is-active kubelet || [ -e ${KUBELET_CONF} ] || [ -e ${BOOTSTRAP_CONF} ] || [ -n "$(crictl pods -q 2>/dev/null)" ]; then echo there; else echo none; fi`,
    want: 'none',
    act: shJoin([
      sh`systemctl stop kubelet || :`,
      sh`kubeadm reset -f --cri-socket ${CRI_SOCKET} || :`,
      shRaw('for p in $(crictl pods -q); do crictl stopp "$p" && crictl rmp -f "$p" || :; done'),
      sh`systemctl disable --now kubelet || :`,
    ]),
  });

/** Volumes of pods; what is under a mount would be removed with it. */
const nothingMounted = (directory: string): Effect => {
  const below = sh`awk -v d=${`${directory}/`} 'index($2, d) == 1 {print $2}' /proc/mounts | sort -r`;
  return command(`nothing mounted below ${directory}`, {
    look: sh`if [ -z "$(${below})" ]; then echo none; else echo there; fi`,
    want: 'none',
    act: sh`${below} | while read -r m; do umount "$(printf '%b' "$m")"; done`,
  });
};

function takenBack(context: PlanContext, host: Host): Effect[] {
  const made = MADE_BY.filter((s) => s.hosts(context.cluster).includes(host)).flatMap(
    (s) => s.effects?.(context, host) ?? [],
  );
  return made.toReversed().flatMap((effect) => effectKind(effect).undo?.(effect) ?? []);
}

const noInterfaces = (): Effect =>
  command(`no interfaces ${INTERFACES.join(', ')}`, {
    look: sh`r=; for i in ${INTERFACES}; do [ ! -e /sys/class/net/$i ] || r="$r $i"; done; if [ -z "$r" ]; then echo none; else echo "there$r"; fi`,
    want: 'none',
    act: sh`for i in ${INTERFACES}; do [ ! -e /sys/class/net/$i ] || ip link delete $i; done`,
  });

/** Chains of kube-proxy, kubelet, flannel and CNI's plugins go, and what refers to them; all else in the tables stays. */
const noRules = (): Effect => {
  const own = '(KUBE|FLANNEL|CNI)-';
  return command('no rules of Kubernetes in iptables', {
    look: sh`n=0; for t in iptables ip6tables; do command -v $t >/dev/null || continue; n=$((n + $($t-save 2>/dev/null | grep -cE ${`^:${own}`}))); done; if [ "$n" = 0 ]; then echo none; else echo "$n chains"; fi`,
    want: 'none',
    act: sh`for t in iptables ip6tables; do
command -v $t >/dev/null || continue
$t-save | grep -vE ${`(^:| )${own}`} | $t-restore
done`,
  });
};

/** Images and containers of a runtime that was there before are its owner's. */
const noStorage = (directory: string): Effect =>
  command(`no images in ${directory} without a containerd`, {
    look: sh`if command -v containerd >/dev/null || [ ! -e ${directory} ]; then echo none; else echo there; fi`,
    want: 'none',
    act: sh`rm -rf ${directory} /run/containerd`,
  });

const reloaded = (): Effect =>
  command('systemd knows that the units are gone', {
    look: sh`case $(systemctl show -p NeedDaemonReload --value kubelet.service 2>/dev/null) in yes) echo old;; *) echo known;; esac`,
    want: 'known',
    act: sh`systemctl daemon-reload; systemctl reset-failed kubelet.service 2>/dev/null || :`,
  });
