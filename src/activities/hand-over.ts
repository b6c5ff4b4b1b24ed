import type { Cluster, Host } from '../cluster/cluster.ts';
import { BOOTSTRAP_CONF, KUBELET_CONF, STANDALONE_KUBELET } from '../cluster/paths.ts';
import { hasLoadBalancer, isEtcd } from '../cluster/role.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import { ETCD_METRICS_PORT } from '../parts/etcd.ts';

const { dropIn, aside } = STANDALONE_KUBELET;

/** Exits 0 when the static pods that kubeadm needs on this host answer: etcd, and the way to the API servers. */
function ownPodsAnswer(cluster: Cluster, host: Host): Command {
  const ports = [
    ...(isEtcd(cluster, host) ? [ETCD_METRICS_PORT] : []),
    ...(hasLoadBalancer(cluster, host) ? [cluster.loadBalancer.healthPort] : []),
  ];
  return shJoin([
    ...ports.map(
      (port) =>
        sh`curl -sS --noproxy '*' --max-time 2 -o /dev/null http://127.0.0.1:${port}/healthz 2>/dev/null || return 1`,
    ),
    sh`return 0`,
  ]);
}

/**
 * Hands the host from the standalone kubelet to kubeadm's: its static pods go on running meanwhile. On a host that went down since they
 * were started they do not run, and without them kubeadm waits in vain: then a kubelet starts them first. The drop-in is put aside, so
 * that it is still there where the host goes down before kubeadm's kubelet runs. A kubelet that is no longer ours serves already, and
 * stopping it is kubeadm's business.
 */
export const handOver = (cluster: Cluster, host: Host): Command =>
  shJoin([
    sh`kha_answer() {`,
    ownPodsAnswer(cluster, host),
    sh`}
if ! kha_answer; then
echo 'the static pods of this host do not answer: kubelet starts them first'
if [ -e ${aside} ] && [ ! -e ${KUBELET_CONF} ] && [ ! -e ${BOOTSTRAP_CONF} ]; then mv ${aside} ${dropIn}; fi
systemctl daemon-reload
systemctl restart kubelet || :
t=$(( $(date +%s) + ${cluster.timeouts.readyMinutes * 60} ))
until kha_answer; do
if [ "$(date +%s)" -ge "$t" ]; then echo 'the static pods of this host do not answer' >&2; exit 1; fi
sleep 0.5
done
fi
if [ -e ${dropIn} ]; then
systemctl stop kubelet
mv ${dropIn} ${aside}
fi
systemctl daemon-reload`,
  ]);
