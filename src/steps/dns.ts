import { ADMIN_CONF } from '../cluster/paths.ts';
import { masters } from '../cluster/role.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { wait } from '../graph/effects/wait.ts';
import { step } from '../graph/step.ts';
import { networkOf } from '../parts/network/registry.ts';
import { network } from './network.ts';

const kubectl = sh`kubectl --kubeconfig ${ADMIN_CONF} -n kube-system`;

export const dns = step({
  id: 'dns',
  title: 'Cluster DNS',
  why: 'CoreDNS is the first thing that needs the whole of the cluster: API, scheduler, kubelet and pod network.',
  after: [network],
  // Without a network of kha's, its pods can't start before the operator brings one.
  hosts: (cluster) => (networkOf(cluster) ? masters(cluster) : []),
  forCluster: true,
  effects: ({ cluster }) => [
    wait('CoreDNS is available', {
      probe: sh`${kubectl} rollout status deployment/coredns --timeout 5s`,
      timeoutSeconds: cluster.timeouts.readyMinutes * 60,
      explain: shJoin([
        sh`${kubectl} get pods -l k8s-app=kube-dns -o wide`,
        sh`${kubectl} describe pods -l k8s-app=kube-dns | sed -n '/^Events:/,$p' | tail -n 15`,
        sh`${kubectl} logs -l k8s-app=kube-dns --tail 5 --prefix`,
      ]),
    }),
  ],
  policy: 'install',
});
