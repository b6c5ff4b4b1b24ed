import { isEtcd, isMaster, isNode, nodes } from '../cluster/role.ts';
import { type Step, step } from '../graph/step.ts';

interface StageWords {
  /** Of its steps: `<id>`, `<id>-kubelets`, `<id>-control-plane`. */
  id: string;
  /** What hosts get. */
  title: string;
  why: string;
  after: readonly Step[];
}

/** All hosts get the certificates of the authorities as they are now, and all that runs has read them, before anything else happens. */
export function authorityStage({ id, title, why, after }: StageWords): [Step, Step, Step] {
  const files = step({
    id,
    title,
    why,
    afterAll: after,
    hosts: (cluster) => cluster.hosts.filter((host) => isNode(cluster, host) || isEtcd(cluster, host)),
    activity: 'renewCertificates',
    policy: 'quick',
  });
  const kubelets = step({
    id: `${id}-kubelets`,
    title: `${title}: kubelets`,
    why: 'kubelet reads them at its start; the pods of its node go on.',
    after: [files],
    hosts: nodes,
    activity: 'restartKubelet',
    policy: 'install',
  });
  const controlPlane = step({
    id: `${id}-control-plane`,
    title: `${title}: control plane`,
    why: 'One host after another and only while all others are healthy; then every port is asked what it shows.',
    after: [kubelets],
    afterAll: [files],
    hosts: (cluster) => cluster.hosts.filter((host) => isMaster(cluster, host) || isEtcd(cluster, host)),
    order: 'one-by-one',
    disruptive: true,
    activity: 'restartReaders',
    policy: 'conversation',
  });
  return [files, kubelets, controlPlane];
}
