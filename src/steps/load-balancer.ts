import type { Cluster } from '../cluster/cluster.ts';
import { LOAD_BALANCER_MANIFEST } from '../cluster/paths.ts';
import { isLocalLoadBalancer, nodes } from '../cluster/role.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { staticPod } from '../formats/static-pod.ts';
import { command } from '../graph/effects/command.ts';
import { file } from '../graph/effects/file.ts';
import { images } from '../graph/effects/image.ts';
import { wait } from '../graph/effects/wait.ts';
import { step } from '../graph/step.ts';
import { loadBalancerOf } from '../parts/load-balancer/registry.ts';
import { ownContainer } from '../parts/own-container.ts';
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
    const own = `http://127.0.0.1:${cluster.loadBalancer.healthPort}`;
    const health = `${own}/healthz`;
    const asks = sh`curl -fsS --noproxy '*' --max-time 2`;
    const serving = part.serves(cluster, host);
    return [
      images([cluster.loadBalancer.image, cluster.runtime.pauseImage]),
      ...part.files(cluster, host).map((f) => file(f.path, f.text)),
      file(LOAD_BALANCER_MANIFEST, manifestOf(cluster), { mode: '600' }),
      wait(`${name} answers at ${health}`, {
        probe: sh`${asks} -o /dev/null ${health}`,
        timeoutSeconds: cluster.timeouts.readyMinutes * 60,
        containers: [name],
      }),
      command(`${name} serves with this configuration`, {
        look: sh`${asks} ${`${own}/configuration`} || echo 'no answer'`,
        want: serving,
        act: sh`c=$(${ownContainer(name)})
${shJoin(part.reload.map((words) => sh`crictl exec "$c" ${words} || exit 1`))}
t=50
until [ "$(${asks} ${`${own}/configuration`} 2>/dev/null)" = ${serving} ]; do
t=$((t - 1)); [ "$t" -gt 0 ] || { echo ${`${name} did not take up its configuration within 10 s`} >&2; exit 1; }
sleep 0.2
done`,
      }),
    ];
  },
  policy: 'install',
});

function manifestOf(cluster: Cluster): string {
  const part = loadBalancerOf(cluster);
  return staticPod({
    name: 'kha-load-balancer',
    labels: { component: 'kha-load-balancer', tier: 'control-plane' },
    // Connections through it outlive nothing but a reload.
    graceSeconds: 5,
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
