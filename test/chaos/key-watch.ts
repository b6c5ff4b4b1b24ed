import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { places } from '../../lab/places.ts';

/** Where keys lie on a host. Its disk is a directory of this machine, so that watching costs the host nothing. */
const folders = ['etc/kubernetes/pki', 'etc/kubernetes/pki/etcd'];

/**
 * Watches the private keys on hosts: each is made once, and so has one content for ever. Returns the end of it, which tells the files that had
 * more than one.
 */
export function watchKeys(hosts: readonly string[]): () => string[] {
  const seen = new Map<string, Set<string>>();
  const look = (): void => {
    for (const host of hosts) {
      for (const folder of folders) {
        const directory = join(places.hosts, host, 'up', folder);
        if (!existsSync(directory)) continue;
        for (const name of readdirSync(directory).filter((n) => n.endsWith('.key'))) note(join(directory, name));
      }
    }
  };
  const note = (path: string): void => {
    try {
      const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
      seen.set(path, (seen.get(path) ?? new Set()).add(digest));
    } catch {
      // it went between two looks
    }
  };
  const timer = setInterval(look, 1000);
  return () => {
    clearInterval(timer);
    look();
    return [...seen].filter(([, digests]) => digests.size > 1).map(([path, d]) => `${path} had ${d.size} contents`);
  };
}
