import type { Cluster } from '../cluster/cluster.ts';
import { API_SERVER_PORT, hostPort } from '../cluster/endpoint.ts';
import { type Command, sh } from '../formats/sh.ts';
import { ownContainer } from '../parts/own-container.ts';
import type { TaskResult } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { eventually } from './eventually.ts';
import { issueCertificates } from './issue-certificates.ts';
import { lastLines, type Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';
import { KhaError } from '../cluster/error.ts';

/** An API server takes up a certificate that changed by itself, within a minute. */
const TAKEN_UP_SECONDS = 90;

/** The API server of a master shows a certificate that names the address by which nodes will come, and the one by which they come still. */
export async function certifyAddress(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { ports, cluster, before = cluster, abort } = scope;
  const session = scope.session(hostName);
  const { changed, detail } = await issueCertificates(ports, session, alsoKnownAs(cluster, before), {
    only: ['apiserver'],
  });
  const address = cluster.loadBalancer.address ?? '127.0.0.1';
  const asked = knownAs(session, address);
  const isKnown = async (): Promise<boolean> =>
    (await session.look(`is the own API server known as ${address}`, asked)).exitCode === 0;
  if (await isKnown()) return { changed, detail };
  const result = await session.job('wait for the API server to take its certificate up', takenUp(asked), {
    part: 'taken-up',
  });
  if (result.exitCode !== 0)
    throw new KhaError(`the API server of ${hostName} could not be told`, {
      code: 'KHA3303',
      blame: 'cluster',
      where: hostName,
      lastLines: lastLines(result),
    });
  await eventually(ports.clock, abort, {
    what: `the API server of ${hostName} is ready, and known as ${address}`,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 500,
    code: 'KHA3303',
    troubles: async () => {
      const { exitCode, stderr, stdout } = await session.look('is the own API server ready', asked);
      return exitCode === 0 ? [] : [stderr.trim() || stdout.trim()];
    },
    explain: async () => (await diagnose(session, ['kube-apiserver'])).lines,
  });
  return { changed, detail };
}

/** With the former address among the names of API servers. */
function alsoKnownAs(cluster: Cluster, { loadBalancer: { address } }: Cluster): Cluster {
  if (address === undefined || cluster.pki.sans.includes(address)) return cluster;
  return { ...cluster, pki: { ...cluster.pki, sans: [...cluster.pki.sans, address] } };
}

/** Asks this host's own API server under an address that may not be anywhere yet. */
const knownAs = ({ host }: Session, address: string): Command =>
  sh`curl -fsS --noproxy '*' --max-time 5 --cacert /etc/kubernetes/pki/ca.crt -o /dev/null --connect-to ${`::${hostPort(host.address, API_SERVER_PORT)}`} ${`https://${hostPort(address, API_SERVER_PORT)}/readyz`}`;

/** Waits for it; one that does not by itself is started anew by kubelet. */
const takenUp = (asked: Command): Command => sh`kha_end=$(( $(date +%s) + ${TAKEN_UP_SECONDS} ))
until ${asked}; do
[ "$(date +%s)" -lt "$kha_end" ] || { crictl stop "$(${ownContainer('kube-apiserver')})"; exit; }
sleep 1
done 2>&1`;
