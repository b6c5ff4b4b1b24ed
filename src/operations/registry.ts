import { KhaError } from '../cluster/error.ts';
import type { Operation } from '../graph/operation.ts';
import { addEtcd } from './add-etcd.ts';
import { addLb } from './add-lb.ts';
import { addMaster } from './add-master.ts';
import { addWorker } from './add-worker.ts';
import { configureLoadBalancer } from './configure-load-balancer.ts';
import { initCluster } from './init-cluster.ts';
import { kernelUpgrade } from './kernel-upgrade.ts';
import { reboot } from './reboot.ts';
import { recoverCluster } from './recover-cluster.ts';
import { removeEtcd } from './remove-etcd.ts';
import { removeLb } from './remove-lb.ts';
import { removeMaster } from './remove-master.ts';
import { removeNode } from './remove-node.ts';
import { removeWorker } from './remove-worker.ts';
import { renewCertificates } from './renew-certificates.ts';
import { resetCluster } from './reset-cluster.ts';
import { resetNode } from './reset-node.ts';
import { rotateAuthorities } from './rotate-authorities.ts';

/** All operations by id: commands, docs and completion follow from here. */
export const operations: Record<string, Operation> = {
  [initCluster.id]: initCluster,
  [addWorker.id]: addWorker,
  [addMaster.id]: addMaster,
  [addEtcd.id]: addEtcd,
  [addLb.id]: addLb,
  [configureLoadBalancer.id]: configureLoadBalancer,
  [removeWorker.id]: removeWorker,
  [removeMaster.id]: removeMaster,
  [removeEtcd.id]: removeEtcd,
  [removeLb.id]: removeLb,
  [removeNode.id]: removeNode,
  [reboot.id]: reboot,
  [kernelUpgrade.id]: kernelUpgrade,
  [recoverCluster.id]: recoverCluster,
  [renewCertificates.id]: renewCertificates,
  [rotateAuthorities.id]: rotateAuthorities,
  [resetNode.id]: resetNode,
  [resetCluster.id]: resetCluster,
};

/** Throws KHA1103 for a name that no operation has. */
export function operationNamed(id: string): Operation {
  const found = Object.hasOwn(operations, id) ? operations[id] : undefined;
  if (!found) {
    throw new KhaError(`there is no operation ${id}`, {
      code: 'KHA1103',
      blame: 'configuration',
      hint: `Operations are: ${Object.keys(operations).join(', ')}.`,
    });
  }
  return found;
}
