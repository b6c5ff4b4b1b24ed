import { hostPort } from '../cluster/endpoint.ts';
import { masters } from '../cluster/role.ts';
import { sh } from '../formats/sh.ts';
import type { TaskResult } from './contract.ts';
import { eventually } from './eventually.ts';
import type { TaskScope } from './task-scope.ts';

/** A virtual address moves within seconds; a balancer of somebody else that does not answer by then needs that person. */
const PATIENCE_MS = 60_000;

/**
 * Where the cluster shall be reached API servers answer, asked from this host. As often as there are masters, so that each gets its turn, and with
 * the certificate verified: of the cluster's authority, for this address.
 */
export async function checkEndpoint(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { ports, cluster, abort } = scope;
  const { address = '127.0.0.1', port } = cluster.loadBalancer;
  const url = `https://${hostPort(address, port)}/readyz`;
  const session = scope.session(hostName);
  const times = masters(cluster).map(({ name }) => name);
  await eventually(ports.clock, abort, {
    what: `${url} is answered by API servers of ${cluster.name} when it is asked from ${hostName}`,
    timeoutMs: PATIENCE_MS,
    intervalMs: 1000,
    code: 'KHA3307',
    troubles: async () => {
      const { exitCode, stderr, stdout } = await session.look(
        `ask ${url}`,
        sh`for m in ${times}; do curl -fsS --noproxy '*' --max-time 5 --cacert /etc/kubernetes/pki/ca.crt -o /dev/null ${url} || exit; done`,
      );
      return exitCode === 0 ? [] : [(stderr.trim() || stdout.trim()).split('\n')[0] ?? ''];
    },
  });
  return { changed: false, detail: `${hostPort(address, port)} answers` };
}
