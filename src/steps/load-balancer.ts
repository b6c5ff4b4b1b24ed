import type { Cluster, Host } from '../cluster/cluster.ts';
import { interfaceOf } from '../cluster/facts.ts';
import { LOAD_BALANCER_MANIFEST } from '../cluster/paths.ts';
import { hasLoadBalancer, pillars } from '../cluster/role.ts';
import { digest } from '../formats/digest.ts';
import { staticPod } from '../formats/static-pod.ts';
import { file } from '../graph/effects/file.ts';
import { images } from '../graph/effects/image.ts';
import { wait } from '../graph/effects/wait.ts';
import { type PlanContext, step } from '../graph/step.ts';
import { answers, candidate, filesOf, inForce, ownSecrets, served } from '../parts/load-balancer/configuration.ts';
import { LOAD_BALANCER_DIR } from '../parts/load-balancer/load-balancer.ts';
import { keepalived } from '../parts/load-balancer/keepalived.ts';
import { loadBalancerOf } from '../parts/load-balancer/registry.ts';
import { standaloneKubelet } from './standalone-kubelet.ts';

export const loadBalancer = step({
  id: 'load-balancer',
  title: 'Load balancer of the API servers',
  why: 'Every node talks to all API servers through a proxy of its own, or through one that a virtual address leads to, so that the loss of a master goes unnoticed.',
  after: [standaloneKubelet],
  hosts: (cluster) => cluster.hosts.filter((host) => hasLoadBalancer(cluster, host)),
  batches: batchesAnew,
  effects: ({ cluster, facts }, host) => {
    const { mode } = loadBalancerOf(cluster);
    const manifest = manifestOf(cluster, host);
    return [
      images([cluster.loadBalancer.image, cluster.runtime.pauseImage]),
      ...candidate(cluster, host),
      ...ownSecrets(cluster),
      inForce(cluster, host, manifest),
      file(LOAD_BALANCER_MANIFEST, manifest, { mode: '600' }),
      wait(`${mode} answers at http://127.0.0.1:${cluster.loadBalancer.healthPort}`, {
        probe: answers(cluster),
        timeoutSeconds: cluster.timeouts.readyMinutes * 60,
        containers: [mode],
      }),
      served(cluster, host),
      ...keepalived(cluster, host, interfaceOf(facts[host.name], host.address)),
    ];
  },
  policy: 'install',
});

/**
 * Another image or program makes the pod anew, and its node is without the API for some seconds: on one host first, so that one which does not
 * come up is seen there alone, then on those that others depend on, one by one, then on the others.
 */
export function batchesAnew({ cluster, facts }: PlanContext): Host[][] {
  const anew = cluster.hosts.filter((host) => {
    const runs = facts[host.name]?.kubernetes.loadBalancer;
    return runs !== undefined && hasLoadBalancer(cluster, host) && runs !== digest(manifestOf(cluster, host));
  });
  const alone = pillars(cluster).filter((host) => anew.includes(host));
  const others = anew.filter((host) => !alone.includes(host));
  const first = alone.length === 0 ? others.splice(0, 1) : [];
  return [...[...alone, ...first].map((host) => [host]), others];
}

function manifestOf(cluster: Cluster, host: Host): string {
  const part = loadBalancerOf(cluster);
  const files = filesOf(cluster, host);
  const configuration = part.readAtStart.map((name) => files[name]).join('');
  return staticPod({
    name: 'kha-load-balancer',
    labels: { component: 'kha-load-balancer', tier: 'control-plane' },
    ...(part.readAtStart.length > 0 && { configuration }),
    // Connections through it outlive nothing but a reload.
    graceSeconds: 5,
    // The directory, not the files: one that is replaced would stay the old one inside the container.
    volumes: [{ name: 'configuration', hostPath: LOAD_BALANCER_DIR, readOnly: true, type: 'Directory' }],
    container: {
      name: part.mode,
      image: cluster.loadBalancer.image,
      ...part.container,
      livenessProbe: {
        httpGet: { host: '127.0.0.1', port: cluster.loadBalancer.healthPort, path: '/healthz', scheme: 'HTTP' },
        initialDelaySeconds: 10,
        periodSeconds: 3,
        timeoutSeconds: 5,
        failureThreshold: 5,
      },
    },
  });
}
