import { asksForServing, KUBELET_ID, servesWhatKhaIssues } from '../cluster/certificate-places.ts';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { type Expected, judge } from '../cluster/judge-certificate.ts';
import { KUBELET_SERVER } from '../cluster/paths.ts';
import { pairIn } from '../cluster/pem.ts';
import { sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import type { Effect } from '../graph/effects/registry.ts';
import type { Root } from './create-authorities.ts';
import { dueOf, existingOf } from './issue-certificates.ts';
import { markedDue } from './kubelet-due.ts';
import type { Ports } from './ports.ts';
import type { Session } from './session.ts';

/** Names are kubelet's own care: it asks for another certificate as soon as its node has one that the certificate lacks. */
export const expectedOwn = (cluster: Cluster, host: Host): Expected => ({
  request: {
    commonName: `system:node:${host.nodeName}`,
    organizations: ['system:nodes'],
    usages: ['server'],
    days: cluster.pki.leafDays,
  },
  optionalNames: [],
});

export interface Leaving {
  effect: Effect;
  why: string;
}

/**
 * What the cluster gave to kubelet stands before what kha issues, also when it has expired or is of an authority that is gone: kubelet would
 * show nothing, or what nobody believes, until somebody approves another one. Where it is due, kubelet goes back to what kha issues.
 */
export async function leaveOwnServing(
  { ports, cluster }: { ports: Ports; cluster: Cluster },
  session: Session,
  { root, withinMs }: { root: Root; withinMs: number },
): Promise<Leaving | undefined> {
  if (!asksForServing(cluster) || !servesWhatKhaIssues(cluster)) return undefined;
  const found = await session.read(
    'read what the cluster gave to kubelet',
    sh`[ ! -L ${KUBELET_SERVER} ] || { readlink ${KUBELET_SERVER}; cat ${KUBELET_SERVER} 2>/dev/null || :; }`,
    { secretOutput: true },
  );
  const target = found.split('\n')[0] ?? '';
  if (target === '') return undefined;
  const existing = existingOf(ports, root, pairIn(found));
  const verdict = judge(expectedOwn(cluster, session.host), existing, ports.clock.now(), dueOf(ports, root, withinMs));
  if (verdict === 'keep') return undefined;
  return {
    why: `${KUBELET_ID}, its own: ${verdict.renew}`,
    effect: command('kubelet serves with the certificate that kha issued', {
      // kubelet may have got another one meanwhile, which stays.
      look: sh`[ "$(readlink ${KUBELET_SERVER})" = ${target} ] || echo left`,
      want: 'left',
      act: markedDue(sh`rm -f ${KUBELET_SERVER}`),
    }),
  };
}
