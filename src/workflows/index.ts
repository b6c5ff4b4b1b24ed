// All workflows of a kha worker; the bundle is built from this file.
export { addWorker } from './add-worker.ts';
export { initCluster } from './init-cluster.ts';
export { removeNode } from './remove-node.ts';
export { resetCluster } from './reset-cluster.ts';
export { resetNode } from './reset-node.ts';
export { runLane } from './lane.ts';
