import { authorityStage } from './authority-stage.ts';
import { servingRequests } from './serving-requests.ts';

/** Nothing is started anew by the first; where all certificates have expired, etcd and the API servers find each other again by it. */
export const [renewedCertificates, restartKubelets, restartControlPlane] = authorityStage({
  id: 'renewed-certificates',
  title: 'Certificates that were due',
  why: 'All that end soon are issued anew for the keys that are there, each file in one step. What servers read at every handshake is served at once.',
  // A kubelet that has just got its own is not due.
  after: [servingRequests],
});
