// All workflows of a kha worker; the bundle is built from this file.
export { addWorker } from './add-worker.ts';
export { initCluster } from './init-cluster.ts';
export { removeNode } from './remove-node.ts';
export { runLane } from './lane.ts';
