// All workflows of a kha worker; the bundle is built from this file.
export { addEtcd } from './add-etcd.ts';
export { addLb } from './add-lb.ts';
export { addMaster } from './add-master.ts';
export { addWorker } from './add-worker.ts';
export { configureLoadBalancer } from './configure-load-balancer.ts';
export { initCluster } from './init-cluster.ts';
export { recoverCluster } from './recover-cluster.ts';
export { removeEtcd } from './remove-etcd.ts';
export { removeLb } from './remove-lb.ts';
export { removeMaster } from './remove-master.ts';
export { removeNode } from './remove-node.ts';
export { removeWorker } from './remove-worker.ts';
export { renewCertificates } from './renew-certificates.ts';
export { resetCluster } from './reset-cluster.ts';
export { resetNode } from './reset-node.ts';
export { rotateAuthorities } from './rotate-authorities.ts';
export { runLane } from './lane.ts';
