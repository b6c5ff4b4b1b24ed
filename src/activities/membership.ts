import { ADMIN_CONF, BOOTSTRAP_CONF, KUBELET_CONF } from '../cluster/paths.ts';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { isMaster } from '../cluster/role.ts';
import { KhaError } from '../cluster/error.ts';
import { type Command, sh } from '../formats/sh.ts';
import { eventually } from './eventually.ts';
import type { TaskScope } from './task-scope.ts';
import { kubectl, readyMaster } from './kubectl.ts';
import type { Session } from './session.ts';

/** How long a server that was only restarted may keep silent before another is asked, or its silence counts. */
const SILENCE_MS = 60_000;

const list = (kubeconfig: string, objects: Command): Command =>
  kubectl(sh`get ${objects} --ignore-not-found -o name`, { kubeconfig });

const count = (names: string): number => names.split('\n').filter(Boolean).length;

/**
 * How many of these objects are there. `undefined` where nobody answers: that says nothing of the objects, and kubeadm
 * must not be run on the strength of it, for it stops a kubelet that serves.
 */
async function present(
  session: Session,
  title: string,
  kubeconfig: string,
  objects: Command,
): Promise<number | undefined> {
  const result = await session.look(title, list(kubeconfig, objects));
  return result.exitCode === 0 ? count(result.stdout) : undefined;
}

/** Has the last phase of `kubeadm init` left its objects? For a host on which it has begun. */
export async function isInitialised(scope: TaskScope, session: Session): Promise<boolean> {
  const { cluster, facts, ports, abort } = scope;
  // Who has joined has joined something: then silence is a fault of the API server, and init would make it worse.
  if (cluster.hosts.some((h) => h !== session.host && facts[h.name]?.kubernetes.joined === true)) return true;
  const ask = async (): Promise<boolean | undefined> => {
    const found = await present(
      session,
      'is the cluster there',
      ADMIN_CONF,
      sh`node/${session.host.nodeName} configmap/kubeadm-config daemonset/kube-proxy deployment/coredns -n kube-system`,
    );
    if (found === undefined || found < 4) return found === undefined ? undefined : false;
    const info = await present(session, 'is cluster-info there', ADMIN_CONF, sh`configmap/cluster-info -n kube-public`);
    return info === undefined ? undefined : info === 1;
  };
  let answer = await ask();
  if (answer === undefined && (await isOnItsWay(session))) {
    await eventually(ports.clock, abort, {
      what: `the API server of ${session.host.name} says whether kubeadm has ended`,
      timeoutMs: SILENCE_MS,
      intervalMs: 500,
      code: 'KHA3303',
      troubles: async () => ((answer = await ask()) === undefined ? ['it does not answer'] : []),
    }).catch((error: unknown) => {
      if (!(error instanceof KhaError)) throw error;
    });
  }
  return answer ?? false;
}

/** Will an API server come up here by itself? */
const isOnItsWay = async (session: Session): Promise<boolean> =>
  (
    await session.look(
      'does an API server start here',
      sh`[ -e /etc/kubernetes/manifests/kube-apiserver.yaml ] && systemctl -q is-active kubelet`,
    )
  ).exitCode === 0;

/**
 * Is this host a complete member already? A master only when kubeadm's last phase has marked it, and nobody who still has
 * the credential of a join. For a host on which `kubeadm join` has begun. Throws KHA3302 or KHA3200 where nobody can tell.
 */
export async function isJoined({ cluster, session: open }: TaskScope, session: Session): Promise<boolean> {
  const { host } = session;
  const result = await session.look(
    'is the host a member',
    sh`[ ! -e ${BOOTSTRAP_CONF} ] || exit 0
${membership(cluster, host)}`,
  );
  if (result.exitCode === 0) return count(result.stdout) === 1;
  const helper = await readyMaster(cluster, open);
  const names = await helper.read(`is ${host.name} a member`, membership(cluster, host, ADMIN_CONF));
  return count(names) === 1;
}

/** Prints a line where a host is a complete member; fails where nobody answers. */
export function membership(
  cluster: Cluster,
  host: Host,
  kubeconfig = isMaster(cluster, host) ? ADMIN_CONF : KUBELET_CONF,
): Command {
  const marked = sh`nodes -l node-role.kubernetes.io/control-plane --field-selector ${`metadata.name=${host.nodeName}`}`;
  return list(kubeconfig, isMaster(cluster, host) ? marked : sh`node/${host.nodeName}`);
}
