import { operation } from '../graph/operation.ts';
import { checkHealth } from '../steps/check-health.ts';
import { renewedCertificates, restartControlPlane, restartKubelets } from '../steps/renewed-certificates.ts';
import { servingRequests } from '../steps/serving-requests.ts';

export const renewCertificates = operation({
  id: 'renew-certificates',
  title: 'Renew certificates',
  why: 'Issues what ends soon, starts exactly those anew that do not take it up by themselves, and looks at what is served afterwards. It needs no API server: where all certificates have expired, it brings the cluster back.',
  maintains: true,
  scheduled: true,
  steps: [servingRequests, renewedCertificates, restartKubelets, restartControlPlane, checkHealth],
});
