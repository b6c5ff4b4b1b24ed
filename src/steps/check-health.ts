import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { apiServerEtcd } from './api-server-etcd.ts';
import { clusterEndpoint } from './cluster-endpoint.ts';
import { dns } from './dns.ts';
import { etcdFormed } from './etcd-formed.ts';
import { initFirstMaster } from './init-first-master.ts';
import { rejoinEtcd } from './rejoin-etcd.ts';
import { joinMaster } from './join-master.ts';
import { joinWorker } from './join-worker.ts';
import { kubeadmConfig } from './kubeadm-config.ts';
import { network } from './network.ts';
import { nodeLabels } from './node-labels.ts';
import { restartControlPlane, restartKubelets } from './renewed-certificates.ts';
import { authoritiesReplaced } from './rotate-authorities.ts';
import { settle } from './settle.ts';
import { tellAll } from './tell-all.ts';

export const checkHealth = step({
  id: 'check-health',
  title: 'The cluster is healthy',
  why: 'Done means that every node is ready at its version, etcd agrees, and a pod on every worker reaches the API.',
  afterAll: [
    initFirstMaster,
    joinMaster,
    joinWorker,
    etcdFormed,
    network,
    dns,
    tellAll,
    kubeadmConfig,
    clusterEndpoint,
    apiServerEtcd,
    nodeLabels,
    rejoinEtcd,
    restartControlPlane,
    restartKubelets,
    authoritiesReplaced,
    settle,
  ],
  hosts: masters,
  forCluster: true,
  needsCluster: true,
  activity: 'checkHealth',
  policy: 'gate',
});
