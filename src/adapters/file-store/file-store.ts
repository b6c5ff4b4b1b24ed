import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, digest } from '../../formats/digest.ts';
import type { RecordedCluster, Store } from '../../ports/store.ts';
import { openKeyFile } from '../encryption/key-file.ts';
import { withFileLock } from '../file-lock.ts';
import { createFile, ioError, isMissing, replaceFile } from '../files.ts';
import { lockedFile } from '../locked-file.ts';
import { demandKeys } from '../store-format/demand-keys.ts';
import { demandDigest, documentText, openDocument, openRecord } from '../store-format/documents.ts';
import { encodedName, nameOf } from '../store-format/names.ts';
import { decodeSecret, encodeSecret, keyOfSecret } from '../store-format/secrets.ts';
import { createLog } from './log.ts';

const STALE_MS = 3_600_000;

/**
 * kha's memory in a folder, for one machine and any number of processes on it:
 * `objects/<aa>/<digest>.json`, `clusters/<name>.json`, `secrets/<name>.enc`, `logs/<run>/<writer>.jsonl`.
 * Names are percent-encoded, folders are 0700 and files 0600. Nothing is touched before the first call.
 *
 * @param dir for example `KHA_HOME/store`
 * @param options `key`: path of the key file for secrets, made at first use; `knownHosts`: the folder of confirmed host
 *   keys, a known_hosts file for each cluster
 * @throws KhaError KHA4001 (missing), KHA4002 (damaged), KHA4003 (bad name), KHA4004 (key), KHA4005 (input/output)
 */
export function createFileStore(dir: string, options: { key: string; knownHosts: string }): Store {
  const tmp = join(dir, 'tmp');
  const clusterPath = (name: string) => join(dir, 'clusters', `${encodedName('cluster', name)}.json`);
  const secretPath = (name: string) => join(dir, 'secrets', `${encodedName('secret', name)}.enc`);
  const log = createLog((run) => join(dir, 'logs', encodedName('run', run)));

  const keys = openKeyFile(options.key);
  // Encrypting again reads and writes: nobody may replace or remove a secret in between.
  const alone = <T>(action: () => Promise<T>) => withFileLock(join(dir, 'secrets.lock'), action);

  let swept: Promise<void> | undefined;
  const sweep = () => {
    swept ??= removeStale(tmp);
    return swept;
  };

  async function getSecret(name: string): Promise<string | undefined> {
    const path = secretPath(name);
    const text = await readIfThere(path);
    return text === undefined ? undefined : decodeSecret(await keysOf(text, path), name, text, path);
  }

  const keysOf = (text: string, path: string) => keys.load({ with: keyOfSecret(text, path) });

  const listSecrets = async (prefix: string): Promise<string[]> =>
    (await namesIn(join(dir, 'secrets'), '.enc')).filter((name) => name.startsWith(prefix));

  /** True where it was encrypted with an older key. */
  async function reencrypt(name: string): Promise<boolean> {
    const path = secretPath(name);
    const text = await readIfThere(path);
    if (text === undefined) return false;
    const ring = await keysOf(text, path);
    if (keyOfSecret(text, path) === ring[0].id) return false;
    await replaceFile(path, encodeSecret(ring, name, decodeSecret(ring, name, text, path)), tmp);
    return true;
  }

  async function getCluster(name: string): Promise<RecordedCluster | undefined> {
    const path = clusterPath(name);
    const text = await readIfThere(path);
    return text === undefined ? undefined : openRecord(text, path);
  }

  async function secretKeys(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const name of await listSecrets('')) {
      const path = secretPath(name);
      const text = await readIfThere(path);
      if (text === undefined) continue;
      const key = keyOfSecret(text, path);
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  return {
    place: dir,

    async putObject(value) {
      const text = documentText(value);
      const id = digest(text);
      const path = objectPath(dir, id);
      // Comparing instead of a mere look heals an object that was damaged on disk.
      if ((await readIfThere(path)) !== text) {
        await sweep();
        await replaceFile(path, text, tmp);
      }
      return id;
    },

    async getObject<T>(id: string) {
      const path = objectPath(dir, id);
      return openDocument(id, await readIfThere(path), path) as T;
    },

    async listObjects() {
      const folders = await filesIn(join(dir, 'objects'));
      const files = await Promise.all(folders.map((folder) => filesIn(join(dir, 'objects', folder))));
      return files.flat().flatMap((file) => /^([0-9a-f]{64})\.json$/.exec(file)?.[1] ?? []);
    },

    getCluster,

    async putCluster(record) {
      await sweep();
      await replaceFile(clusterPath(record.name), `${canonicalJson(record)}\n`, tmp);
    },

    async listClusters() {
      const names = await namesIn(join(dir, 'clusters'), '.json');
      const all = await Promise.all(names.map(getCluster));
      return all.filter((record) => record !== undefined);
    },

    deleteCluster: (name) => remove(clusterPath(name)),

    async putSecret(name, value) {
      await sweep();
      await alone(async () => replaceFile(secretPath(name), encodeSecret(await keys.load(), name, value), tmp));
    },

    getSecret,

    async createSecret(name, value) {
      await sweep();
      const text = encodeSecret(await keys.load(), name, value);
      for (;;) {
        const existing = await getSecret(name);
        if (existing !== undefined) return existing;
        if (await createFile(secretPath(name), text, tmp)) return value;
      }
    },

    deleteSecret: (name) => alone(() => remove(secretPath(name))),

    listSecrets,

    secretKeys,

    async reencryptSecrets() {
      await sweep();
      let count = 0;
      for (const name of await listSecrets('')) if (await alone(() => reencrypt(name))) count += 1;
      return count;
    },

    appendLog: (run, entry) => log.append(run, entry),
    readLog: (run) => log.read(run),
    listLogs: () => namesIn(join(dir, 'logs'), ''),
    knownHosts: (cluster) => lockedFile(join(options.knownHosts, encodedName('cluster', cluster))),
    async listKnownHosts() {
      const files = await filesIn(options.knownHosts);
      // Locks and temporary files of writers are there too.
      return files
        .filter((file) => !file.startsWith('.') && !/\.lock(-[0-9a-f-]{36})?$/.test(file))
        .map(nameOf)
        .sort();
    },

    async inspect() {
      if ((await filesIn(dir)).length === 0) return [{ message: `no store in ${dir} yet; it is made at first use` }];
      const keys = await demandKeys(await secretKeys(), openKeyFile(options.key), dir);
      return [{ message: `${dir} can be read` }, keys];
    },

    close: async () => undefined,
  };
}

const objectPath = (dir: string, id: string): string =>
  join(dir, 'objects', demandDigest(id).slice(0, 2), `${id}.json`);

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw ioError('read', path, cause);
  }
}

/** Names that stand in a folder's file names, in order. */
async function namesIn(directory: string, ending: string): Promise<string[]> {
  const files = await filesIn(directory);
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => nameOf(file.slice(0, file.length - ending.length)))
    .sort();
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw ioError('read', directory, cause);
  }
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw ioError('removed', path, cause);
  }
}

/** Writers that were killed leave their temporary files behind. */
async function removeStale(tmp: string): Promise<void> {
  const names = await readdir(tmp).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const path = join(tmp, name);
      const age = await stat(path).then(
        (s) => Date.now() - s.mtimeMs,
        () => 0,
      );
      if (age > STALE_MS) await rm(path, { force: true });
    }),
  );
}
