import type { Cluster, Host } from '../cluster/cluster.ts';
import { LOAD_BALANCER_MANIFEST } from '../cluster/paths.ts';
import { isLocalLoadBalancer, nodes } from '../cluster/role.ts';
import { sh } from '../formats/sh.ts';
import { staticPod } from '../formats/static-pod.ts';
import { file } from '../graph/effects/file.ts';
import { images } from '../graph/effects/image.ts';
import { wait } from '../graph/effects/wait.ts';
import { step } from '../graph/step.ts';
import { loadBalancerOf } from '../parts/load-balancer/registry.ts';
import { standaloneKubelet } from './standalone-kubelet.ts';

export const loadBalancer = step({
  id: 'load-balancer',
  title: 'Load balancer of the API servers',
  why: 'Every node talks to all API servers through a proxy of its own, so that the loss of a master goes unnoticed.',
  after: [standaloneKubelet],
  hosts: (cluster) => (isLocalLoadBalancer(cluster) ? nodes(cluster) : []),
  effects: ({ cluster }, host) => {
    const part = loadBalancerOf(cluster);
    const { name } = part.container(cluster);
    const health = `http://127.0.0.1:${cluster.loadBalancer.healthPort}/healthz`;
    return [
      images([cluster.loadBalancer.image, cluster.runtime.pauseImage]),
      ...part.files(cluster, host).map((f) => file(f.path, f.text)),
      file(LOAD_BALANCER_MANIFEST, manifestOf(cluster, host), { mode: '600' }),
      wait(`${name} answers at ${health}`, {
        probe: sh`curl -fsS --noproxy '*' --max-time 2 -o /dev/null ${health}`,
        timeoutSeconds: cluster.timeouts.readyMinutes * 60,
        containers: [name],
      }),
    ];
  },
  policy: 'install',
});

function manifestOf(cluster: Cluster, host: Host): string {
  const part = loadBalancerOf(cluster);
  return staticPod({
    name: 'kha-load-balancer',
    labels: { component: 'kha-load-balancer', tier: 'control-plane' },
    configuration: part
      .files(cluster, host)
      .map((f) => f.text)
      .join('\n'),
    volumes: part.volumes,
    container: {
      ...part.container(cluster),
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
