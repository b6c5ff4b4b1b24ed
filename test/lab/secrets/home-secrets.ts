import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { parseKeyRing } from '../../../src/adapters/encryption/key-ring.ts';
import { findHome } from '../../../src/home.ts';
import { openStore } from '../../../src/open-store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { filesBelow } from './files.ts';
import { type Secret, textSecret } from './secret.ts';
import { secretsIn } from './secrets-in.ts';

/** Variables of kha: KHA_HOME, and where store and keys are where they lie elsewhere. */
export type KhaEnvironment = Record<string, string | undefined>;

/** What is secret of kha's home: its own keys, all that its store encrypts, and what its clusters refer to elsewhere. */
export async function homeSecrets(env: KhaEnvironment): Promise<Secret[]> {
  const home = findHome(env);
  const keys = filesBelow(dirname(home.storeKey))
    .filter((path) => path.endsWith('.key'))
    .flatMap((path) =>
      (parseKeyRing(readFileSync(path, 'utf8')) ?? []).map(({ id, bytes }) => ({
        name: `kha's key ${path} ${id}`,
        parts: [bytes],
      })),
    );
  // Asking for the key would make one.
  if (!existsSync(home.storeKey)) return keys;
  const store = await openStore(home, { env });
  try {
    return [...keys, ...(await storedSecrets(store)), ...(await referredSecrets(store, env))];
  } finally {
    await store.close();
  }
}

async function storedSecrets(store: Store): Promise<Secret[]> {
  const names = await store.listSecrets('');
  const values = await Promise.all(names.map(async (name) => [name, (await store.getSecret(name)) ?? ''] as const));
  return values.flatMap(([name, value]) => {
    const found = stringsOf(value).flatMap((text) => secretsIn(`secret ${name} of kha's store`, text));
    return found.length > 0 ? found : [textSecret(`secret ${name} of kha's store`, value)];
  });
}

/** The strings of a JSON document; a text that is none is one itself. */
function stringsOf(text: string): string[] {
  try {
    const walk = (value: unknown): string[] =>
      typeof value === 'string'
        ? [value]
        : typeof value === 'object' && value
          ? Object.values(value).flatMap(walk)
          : [];
    return walk(JSON.parse(text));
  } catch {
    return [text];
  }
}

/** Passwords in files and variables, and ssh keys, that recorded clusters refer to. */
async function referredSecrets(store: Store, env: KhaEnvironment): Promise<Secret[]> {
  const secrets = new Map<string, Secret>();
  const add = (of: Secret[]): void => of.forEach((secret) => secrets.set(secret.name, secret));
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'keyFile' && typeof inner === 'string') {
        const path = inner.replace(/^~(?=\/)/, homedir());
        if (existsSync(path)) add(secretsIn(`ssh key ${path}`, readFileSync(path, 'latin1')));
      } else if (key === 'password' || key === 'passphrase') add(referred(inner as Record<string, string>, env));
      else walk(inner);
    }
  };
  for (const { cluster } of await store.listClusters()) walk(await store.getObject(cluster));
  return [...secrets.values()];
}

function referred({ file, env: variable }: Record<string, string>, env: KhaEnvironment): Secret[] {
  if (file !== undefined) return [textSecret(`password of ${file}`, readFileSync(file, 'utf8').trimEnd())];
  const value = variable === undefined ? undefined : env[variable];
  return value === undefined ? [] : [textSecret(`password of the variable ${variable}`, value)];
}
