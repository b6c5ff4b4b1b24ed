import { file } from '../graph/effects/file.ts';
import { packages } from '../graph/effects/package.ts';
import { service } from '../graph/effects/service.ts';
import { step } from '../graph/step.ts';
import { containerRuntimeOf } from '../parts/container-runtime/registry.ts';
import { packageRepositories } from './package-repositories.ts';

export const containerRuntime = step({
  id: 'container-runtime',
  title: 'Container runtime',
  why: 'kubelet runs everything, etcd and the load balancer too, in containers of this runtime.',
  after: [packageRepositories],
  hosts: (cluster) => cluster.hosts,
  effects: ({ cluster }, host) => {
    const runtime = containerRuntimeOf(cluster);
    const files = runtime.files(cluster, host);
    return [
      packages(runtime.packages(cluster), { hold: true }),
      ...files.map((f) => file(f.path, f.text)),
      service(runtime.unit, { restartOn: files.filter((f) => f.restarts).map((f) => f.path) }),
    ];
  },
  policy: 'install',
});
