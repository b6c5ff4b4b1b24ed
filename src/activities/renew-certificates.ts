import { KUBELET_CLIENT_ID, KUBELET_ID } from '../cluster/certificate-places.ts';
import { authorities } from '../cluster/certificates.ts';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { judge } from '../cluster/judge-certificate.ts';
import { KHA_KUBELET_CLIENT, KUBELET_CLIENT, KUBELET_CONF, KUBELET_DUE, PKI_DIR } from '../cluster/paths.ts';
import { pairIn } from '../cluster/pem.ts';
import { RENEWED_WITHIN_MS } from '../cluster/renewal.ts';
import { isMaster, isNode } from '../cluster/role.ts';
import { SIGNING_FILE, signingSecret } from '../cluster/rotation.ts';
import { digest } from '../formats/digest.ts';
import { sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import { file, secretFile } from '../graph/effects/file.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { bundleOf, rootOf } from './create-authorities.ts';
import type { TaskResult } from './contract.ts';
import { dueOf, existingOf, issueCertificates, putCertificates } from './issue-certificates.ts';
import { leaveOwnServing } from './own-serving.ts';
import { markedDue } from './kubelet-due.ts';
import type { Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/**
 * Writes anew what is due on a host, and what hosts trust; nothing is started anew. What servers read at every handshake they take up at
 * once: so where all have expired, etcd and the API servers find each other again by this alone.
 */
export async function renewCertificates(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { ports, cluster, renewal = {} } = scope;
  const session = scope.session(hostName);
  await demandAuthorities(scope);
  const only = renewal.certificates;
  const withinMs = renewal.withinMs ?? RENEWED_WITHIN_MS;
  const issued = await issueCertificates(ports, session, cluster, { ...(only ? { only } : {}), withinMs });
  const ofKubelet = await renewKubelet(scope, session, { only, withinMs });
  const details = [issued, ...ofKubelet].filter((r) => r.changed).map((r) => r.detail);
  return details.length > 0 ? { changed: true, detail: details.join('; ') } : issued;
}

/** Throws KHA3340 where an authority has ended: it could not sign anything that is valid. */
async function demandAuthorities({ ports, cluster }: TaskScope): Promise<void> {
  for (const of of authorities) {
    const { notAfter } = ports.authority.inspect((await rootOf(ports, cluster, of)).certificate);
    if (notAfter > ports.clock.now()) continue;
    throw new KhaError(`the ${of} authority of ${cluster.name} ended on ${new Date(notAfter).toISOString()}`, {
      code: 'KHA3340',
      blame: 'cluster',
      final: true,
    });
  }
}

/** What a node that has joined has besides: kubelet's certificate as a client, where kubelet did not rotate it, and whom it trusts. */
async function renewKubelet(
  { ports, cluster }: TaskScope,
  session: Session,
  { only, withinMs }: { only: readonly string[] | undefined; withinMs: number },
): Promise<TaskResult[]> {
  const { host } = session;
  if (!isNode(cluster, host)) return [];
  const root = await rootOf(ports, cluster, 'kubernetes');
  const found = await session.read(
    "read kubelet's certificate",
    sh`[ ! -f ${KUBELET_CONF} ] || echo joined; [ ! -f ${KUBELET_CLIENT} ] || cat ${KUBELET_CLIENT}`,
    { secretOutput: true },
  );
  if (!found.startsWith('joined')) return [];
  const results: TaskResult[] = [];
  const effects: Effect[] = trusts(cluster, host, bundleOf(root));
  const signer = isMaster(cluster, host) ? await ports.store.getSecret(signingSecret(cluster.name)) : undefined;
  const secrets: Record<string, string> = {};
  // While authorities are replaced.
  if (signer !== undefined) {
    secrets[SIGNING_FILE] = signer;
    effects.push(secretFile(SIGNING_FILE, SIGNING_FILE));
  }
  if (only?.includes(KUBELET_CLIENT_ID) ?? true) {
    const pair = pairIn(found);
    const request = {
      commonName: `system:node:${host.nodeName}`,
      organizations: ['system:nodes'],
      usages: ['client' as const],
      days: cluster.pki.leafDays,
    };
    const due = dueOf(ports, root, withinMs);
    const verdict = judge({ request, optionalNames: [] }, existingOf(ports, root, pair), ports.clock.now(), due);
    if (verdict !== 'keep') {
      const issued = await ports.authority.issue(root, request, { keySize: cluster.pki.keySize });
      secrets[KHA_KUBELET_CLIENT] = `${issued.certificate}${issued.key}`;
      effects.push(...usesOurs(secrets[KHA_KUBELET_CLIENT]));
      results.push({ changed: true, detail: `${KUBELET_CLIENT_ID}: ${verdict.renew}` });
    }
  }
  if (only?.includes(KUBELET_ID) ?? true) {
    const leaving = await leaveOwnServing({ ports, cluster }, session, { root, withinMs });
    if (leaving) {
      effects.push(leaving.effect);
      results.push({ changed: true, detail: leaving.why });
    }
  }
  if ((await putCertificates(session, effects, secrets, 'kubelet')) && results.length === 0)
    results.push({ changed: true, detail: 'kubelet trusts the authority' });
  return results;
}

/** Certificate and key are in one file, and the link to it changes in one step. */
function usesOurs(text: string): Effect[] {
  const aside = `${KUBELET_CLIENT}.kha-new`;
  return [
    secretFile(KHA_KUBELET_CLIENT, KHA_KUBELET_CLIENT),
    command('kubelet asks with the certificate that kha issued', {
      look: sh`[ "$(readlink ${KUBELET_CLIENT})" = ${KHA_KUBELET_CLIENT} ] && [ ${KUBELET_DUE} -nt ${KHA_KUBELET_CLIENT} ] && echo ${digest(text)}`,
      want: digest(text),
      act: markedDue(sh`ln -sfn ${KHA_KUBELET_CLIENT} ${aside} && mv -fT ${aside} ${KUBELET_CLIENT}`),
    }),
  ];
}

/** Whose certificates kubelet takes: of the API server, as its kubeconfig says; of those that ask it, where no master has the file anyway. */
function trusts(cluster: Cluster, host: Host, certificates: string): Effect[] {
  const encoded = Buffer.from(certificates).toString('base64');
  const aside = `${KUBELET_CONF}.kha-new`;
  return [
    ...(isMaster(cluster, host) ? [] : [file(`${PKI_DIR}/ca.crt`, certificates)]),
    command("kubelet.conf trusts the cluster's authority", {
      look: sh`sed -n ${'s/^ *certificate-authority-data: *//p'} ${KUBELET_CONF} | head -n 1`,
      want: encoded,
      act: markedDue(
        sh`sed ${`s|^\\( *certificate-authority-data: *\\).*|\\1${encoded}|`} ${KUBELET_CONF} >${aside}
chmod 600 ${aside} && mv ${aside} ${KUBELET_CONF}`,
      ),
    }),
  ];
}
