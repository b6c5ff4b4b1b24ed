import { operation } from '../graph/operation.ts';
import { checkHealth } from '../steps/check-health.ts';
import { deleteNode } from '../steps/delete-node.ts';
import { etcdLost } from '../steps/etcd-lost.ts';
import { firstMaster } from '../steps/first-master.ts';
import { kubeadmConfig } from '../steps/kubeadm-config.ts';
import { recoverEtcd } from '../steps/recover-etcd.ts';
import { rejoinEtcd } from '../steps/rejoin-etcd.ts';
import { startApiServers } from '../steps/start-api-servers.ts';
import { stopApiServers } from '../steps/stop-api-servers.ts';
import { stopEtcd } from '../steps/stop-etcd.ts';
import { tellAll } from '../steps/tell-all.ts';

export const recoverCluster = operation({
  id: 'recover-cluster',
  title: 'Recover the cluster',
  why: 'etcd has lost its quorum for good: it goes on from the member with the newest keys, the others that are left join it again, and hosts that are lost are forgotten.',
  removes: 'lost',
  steps: [
    etcdLost,
    stopApiServers,
    stopEtcd,
    recoverEtcd,
    startApiServers,
    rejoinEtcd,
    tellAll,
    kubeadmConfig,
    firstMaster,
    deleteNode,
    checkHealth,
  ],
});
