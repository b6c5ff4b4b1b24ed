import { KhaError } from '../../src/cluster/error.ts';
import { canonicalJson, digest } from '../../src/formats/digest.ts';
import type { RecordedCluster, RemoteCommand, Store } from '../../src/ports/store.ts';

/** A Store that forgets at the end of the process; passes the same contract as the real ones. */
export function createMemoryStore(): Store {
  const objects = new Map<string, string>();
  const clusters = new Map<string, string>();
  const secrets = new Map<string, string>();
  const logs = new Map<string, string[]>();
  const knownHosts = new Map<string, string>();

  const named = (name: string) => {
    if (name === '') throw new KhaError('A name is empty.', { code: 'KHA4003', blame: 'configuration' });
    return name;
  };

  return {
    place: 'the memory of this process',
    putObject: async (value) => {
      const text = canonicalJson(value);
      if (text === undefined) throw new TypeError('only JSON values can be stored');
      const id = digest(text);
      objects.set(id, text);
      return id;
    },
    getObject: async <T>(id: string) => {
      if (!/^[0-9a-f]{64}$/.test(id))
        throw new KhaError(`${id} is no digest.`, { code: 'KHA4003', blame: 'kha', final: true });
      const text = objects.get(id);
      if (text === undefined)
        throw new KhaError(`The stored document ${id} is missing.`, { code: 'KHA4001', blame: 'configuration' });
      return JSON.parse(text) as T;
    },
    getCluster: async (name) => {
      const text = clusters.get(named(name));
      return text === undefined ? undefined : (JSON.parse(text) as RecordedCluster);
    },
    putCluster: async (record) => void clusters.set(named(record.name), JSON.stringify(record)),
    listClusters: async () =>
      [...clusters.keys()].sort().map((name) => JSON.parse(clusters.get(name) ?? '') as RecordedCluster),
    deleteCluster: async (name) => void clusters.delete(named(name)),
    putSecret: async (name, value) => void secrets.set(named(name), value),
    getSecret: async (name) => secrets.get(named(name)),
    createSecret: async (name, value) => {
      const existing = secrets.get(named(name));
      if (existing === undefined) secrets.set(name, value);
      return existing ?? value;
    },
    deleteSecret: async (name) => void secrets.delete(named(name)),
    listSecrets: async (prefix) => [...secrets.keys()].filter((name) => name.startsWith(prefix)).sort(),
    // Nothing is encrypted here, so there is never an older key.
    secretKeys: async () => (secrets.size === 0 ? {} : { none: secrets.size }),
    reencryptSecrets: async () => 0,
    appendLog: async (run, entry) => {
      logs.set(named(run), [...(logs.get(run) ?? []), JSON.stringify(entry)]);
    },
    readLog: async (run) =>
      (logs.get(named(run)) ?? [])
        .map((line) => JSON.parse(line) as RemoteCommand)
        .sort((a, b) => a.startedAt - b.startedAt || a.endedAt - b.endedAt),
    knownHosts: (cluster) => ({
      place: `known hosts of ${named(cluster)}`,
      read: async () => knownHosts.get(cluster) ?? '',
      change: async (change) => void knownHosts.set(cluster, change(knownHosts.get(cluster) ?? '')),
    }),
    listKnownHosts: async () => [...knownHosts.keys()].sort(),
    listObjects: async () => [...objects.keys()],
    listLogs: async () => [...logs.keys()].sort(),
    inspect: async () => [{ message: 'the memory of this process can be read' }],
    close: async () => undefined,
  };
}
