import type { CertificateAuthority } from '../ports/certificate-authority.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ssh } from '../ports/ssh.ts';
import type { Store } from '../ports/store.ts';
import type { SendWebhook } from '../ports/webhook.ts';

/** All that activities need from the world. */
export interface Ports {
  /** Commands on the hosts of one cluster: each cluster has its own known host keys. */
  ssh: (cluster: string) => Ssh;
  store: Store;
  authority: CertificateAuthority;
  clock: Clock;
  webhook: SendWebhook;
}
