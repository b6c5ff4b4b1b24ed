import { readFile } from 'node:fs/promises';
import type { Ports } from './activities/ports.ts';
import { createFileStore } from './adapters/file-store/file-store.ts';
import { createCertificateAuthority } from './adapters/forge/certificate-authority.ts';
import { createSsh } from './adapters/ssh2/create-ssh.ts';
import { expandHome } from './adapters/ssh2/credentials.ts';
import { knownHostsFile } from './adapters/ssh2/known-hosts-file.ts';
import { systemClock } from './adapters/system-clock.ts';
import type { Home } from './cli/home.ts';
import type { SecretRef } from './cluster/connection.ts';
import { KhaError } from './cluster/error.ts';
import type { Ssh } from './ports/ssh.ts';
import type { Store } from './ports/store.ts';

/** Everything that activities and commands need of this machine. Call `close` at the end. */
export interface Composition extends Ports {
  close: () => Promise<void>;
}

export function compose(home: Home): Composition {
  const store = createFileStore(home.store, { key: home.storeKey });
  const connections = new Map<string, Ssh>();
  return {
    store,
    clock: systemClock,
    authority: createCertificateAuthority(systemClock),
    ssh: (cluster) => {
      let ssh = connections.get(cluster);
      if (!ssh) {
        ssh = createSsh({
          knownHosts: knownHostsFile(home.knownHosts(cluster)),
          clock: systemClock,
          resolveSecret: (ref) => resolveSecret(store, ref),
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

/** A secret by its reference, on the machine where this runs. KHA4101 where there is none. */
async function resolveSecret(store: Store, ref: SecretRef): Promise<string> {
  const missing = (what: string, hint: string): KhaError =>
    new KhaError(`${what} is not there`, { code: 'KHA4101', blame: 'configuration', hint, final: false });
  if ('env' in ref) {
    const value = process.env[ref.env];
    if (value === undefined)
      throw missing(`the environment variable ${ref.env}`, 'Set it where the kha worker runs, and restart the worker.');
    return value;
  }
  if ('secret' in ref) {
    const value = await store.getSecret(ref.secret);
    if (value === undefined)
      throw missing(`the secret ${ref.secret}`, `Put it into the store: kha secret put ${ref.secret}`);
    return value;
  }
  const path = expandHome(ref.file, process.env['HOME'] ?? '/root');
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch {
    throw missing(`the file ${path}`, 'It must be readable where the kha worker runs.');
  }
}
