// All workflows of a kha worker; the bundle is built from this file.
export { initCluster } from './init-cluster.ts';
export { runLane } from './lane.ts';
