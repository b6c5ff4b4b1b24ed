import { type CertificatePlace, certificatePlaces, KUBELET_CLIENT_ID } from '../cluster/certificate-places.ts';
import { certificatesOf } from '../cluster/certificates.ts';
import { judge } from '../cluster/judge-certificate.ts';
import { KUBELET_SERVER } from '../cluster/paths.ts';
import { RENEWED_WITHIN_MS } from '../cluster/renewal.ts';
import { rootOf } from './create-authorities.ts';
import { dueOf } from './issue-certificates.ts';
import { lookAtCertificates, trustedOf } from './look-at-certificates.ts';
import { expectedOwn } from './own-serving.ts';
import type { PreviewLine, PreviewScope } from './preview-line.ts';

/** Which certificates of a host are due, and why. Keys stay on the host: one that does not fit its certificate is found by the operation. */
export async function previewRenewal(scope: PreviewScope, hostName: string): Promise<PreviewLine[]> {
  const { cluster, ports, renewal = {} } = scope;
  const reader = scope.reader(hostName);
  const trusted = await trustedOf(ports, cluster);
  const places = certificatePlaces(cluster, reader.host)
    .filter((p) => p.file && !p.isAuthority && p.authority)
    .flatMap(apart);
  const { certificates } = await lookAtCertificates(ports, { cluster, trusted }, reader, places);
  const specs = certificatesOf(cluster, reader.host);
  const lines = certificates.map(async ({ place, disk, isOwn }): Promise<PreviewLine[]> => {
    if (place.authority === undefined || !(renewal.certificates?.includes(place.id) ?? true)) return [];
    const spec = specs.find((s) => s.id === place.id);
    const isLeaf = spec?.kind === 'leaf' || spec?.kind === 'kubeconfig';
    if (!isLeaf && place.id !== KUBELET_CLIENT_ID) return [];
    const root = await rootOf(ports, cluster, place.authority);
    const due = dueOf(ports, root, renewal.withinMs ?? RENEWED_WITHIN_MS);
    const ofNode = {
      request: {
        commonName: `system:node:${reader.host.nodeName}`,
        organizations: ['system:nodes'],
        usages: ['client' as const],
        days: cluster.pki.leafDays,
      },
      optionalNames: [],
    };
    const isOfCluster = place.file?.path === KUBELET_SERVER;
    if (isOfCluster && !disk) return [];
    const { request, optionalNames } = isOfCluster ? expectedOwn(cluster, reader.host) : isLeaf ? spec : ofNode;
    const existing = disk && { facts: disk, trusted: isOwn ?? true };
    const verdict = judge({ request, optionalNames }, existing, ports.clock.now(), due);
    const title = `certificate ${place.id}${isOfCluster ? ', its own' : ''}`;
    return [
      verdict === 'keep'
        ? { title, outcome: 'same', state: 'good' }
        : { title, outcome: 'differs', state: verdict.renew },
    ];
  });
  return (await Promise.all(lines)).flat();
}

/** kubelet has one from kha, whichever it shows. */
function apart(place: CertificatePlace): CertificatePlace[] {
  const { file } = place;
  if (file?.before === undefined) return [place];
  return [file.path, file.before].map((path) => ({ ...place, file: { path } }));
}
