import { operation } from '../graph/operation.ts';
import { hostPreparation } from './host-preparation.ts';
import { apiServerFiles } from '../steps/api-server-files.ts';
import { checkEtcd } from '../steps/check-etcd.ts';
import { checkHealth } from '../steps/check-health.ts';
import { createAuthorities } from '../steps/create-authorities.ts';
import { dns } from '../steps/dns.ts';
import { etcd } from '../steps/etcd.ts';
import { etcdFormed } from '../steps/etcd-formed.ts';
import { initFirstMaster } from '../steps/init-first-master.ts';
import { joinMaster } from '../steps/join-master.ts';
import { joinWorker } from '../steps/join-worker.ts';
import { network } from '../steps/network.ts';
import { schedules } from '../steps/schedules.ts';
import { nodeLabels } from '../steps/node-labels.ts';

export const initCluster = operation({
  id: 'init-cluster',
  title: 'Initialise the cluster',
  why: 'Turns the hosts of the cluster file into a highly available cluster. On one that stands, it changes what differs.',
  scheduled: true,
  steps: [
    createAuthorities,
    ...hostPreparation,
    etcd,
    checkEtcd,
    etcdFormed,
    apiServerFiles,
    initFirstMaster,
    network,
    joinMaster,
    joinWorker,
    nodeLabels,
    dns,
    checkHealth,
    schedules,
  ],
});
