import type { Ports } from './activities/ports.ts';
import { createCertificateAuthority } from './adapters/forge/certificate-authority.ts';
import { createWebhook } from './adapters/http-webhook.ts';
import { createSsh } from './adapters/ssh2/create-ssh.ts';
import { knownHostsIn } from './adapters/ssh2/confirmed-keys.ts';
import { secretResolver } from './adapters/ssh2/secret-ref.ts';
import { systemClock } from './adapters/system-clock.ts';
import type { Ssh } from './ports/ssh.ts';
import type { Store } from './ports/store.ts';

/** Everything that activities and commands need of this machine. Call `close` at the end; the store is left open. */
export interface Composition extends Ports {
  close: () => Promise<void>;
}

export function compose(store: Store): Composition {
  const resolveSecret = secretResolver((name) => store.getSecret(name));
  const connections = new Map<string, Ssh>();
  return {
    store,
    clock: systemClock,
    webhook: createWebhook(resolveSecret, systemClock),
    authority: createCertificateAuthority(systemClock),
    ssh: (cluster) => {
      let ssh = connections.get(cluster);
      if (!ssh) {
        ssh = createSsh({
          knownHosts: knownHostsIn(store.knownHosts(cluster)),
          clock: systemClock,
          resolveSecret,
        });
        connections.set(cluster, ssh);
      }
      return ssh;
    },
    close: async () => {
      await Promise.all([...connections.values()].map((ssh) => ssh.close()));
    },
  };
}
