import type { Host } from '../cluster/cluster.ts';
import { API_SERVER_PORT, hostPort } from '../cluster/endpoint.ts';
import { type Command, sh } from '../formats/sh.ts';

/** Asks this host's own API server whether it is ready; exits 0 when it is. Anonymous: /readyz is open to all by default. */
export const ownApiServerReady = (host: Host): Command =>
  sh`curl -fsS --noproxy '*' --max-time 5 --cacert /etc/kubernetes/pki/ca.crt ${`https://${hostPort(host.address, API_SERVER_PORT)}/readyz`}`;
