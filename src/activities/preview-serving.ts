import { KUBELET_ID } from '../cluster/certificate-places.ts';
import { hostsNamed } from '../cluster/cluster.ts';
import { refusal, triageServingRequests } from '../cluster/serving-request.ts';
import { readyMaster } from './kubectl.ts';
import { listServingRequests } from './list-serving-requests.ts';
import type { PreviewLine, PreviewScope } from './preview-line.ts';

/** Which requests of kubelets would be approved, and why others not. */
export async function previewServing(scope: PreviewScope): Promise<PreviewLine[]> {
  const { cluster, ports, renewal, reader, targets } = scope;
  if (!(renewal?.certificates?.includes(KUBELET_ID) ?? true)) return [];
  const listed = await readyMaster(cluster, reader).then(
    (master) => listServingRequests(ports.authority, master),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (typeof listed === 'string')
    return [{ title: 'requests of kubelets', outcome: 'told', state: `would be passed over: ${listed}` }];
  const about = { cluster, targets: hostsNamed(cluster, targets), now: listed.now };
  const { good, refused } = triageServingRequests(listed.requests, about);
  return [
    ...good.map(
      ({ request, host }): PreviewLine => ({
        title: `request ${request.name} of ${host.name} is approved`,
        outcome: 'differs',
        state: 'pending',
      }),
    ),
    ...refused.map((one): PreviewLine => ({ title: refusal(one), outcome: 'told', state: '' })),
  ];
}
