import { randomBytes } from 'node:crypto';
import { type Authority, authorities, rootRequest, rootSecret, serviceAccountSecret } from '../cluster/certificates.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { nextRootSecret, rotationSecret, signingSecret } from '../cluster/rotation.ts';
import { KhaError } from '../cluster/error.ts';
import { certificatesIn } from '../cluster/pem.ts';
import { encryptionSecret } from '../cluster/paths.ts';
import { authenticationBlock, keepalivedSecret } from '../parts/load-balancer/keepalived.ts';
import { toYaml } from '../formats/yaml.ts';
import type { KeyPair } from '../ports/certificate-authority.ts';
import type { TaskResult } from './contract.ts';
import type { Ports } from './ports.ts';

/** Names of what `createAuthorities` puts into the store. */
export const madeSecrets = (cluster: string): string[] => [
  ...authorities.map((authority) => rootSecret(cluster, authority)),
  serviceAccountSecret(cluster),
  encryptionSecret(cluster),
  keepalivedSecret(cluster),
  ...authorities.map((authority) => nextRootSecret(cluster, authority)),
  rotationSecret(cluster),
  signingSecret(cluster),
];

/** Makes what the cluster has only once, in the encrypted store: the roots, the service account key, the encryption key. */
export async function createAuthorities({ store, authority }: Ports, cluster: Cluster): Promise<TaskResult> {
  const made: string[] = [];
  const create = async (name: string, title: string, value: () => Promise<string>): Promise<void> => {
    if ((await store.getSecret(name)) !== undefined) return;
    await store.createSecret(name, await value());
    made.push(title);
  };
  for (const of of authorities) {
    await create(rootSecret(cluster.name, of), `${of} authority`, async () =>
      JSON.stringify(await authority.createRoot(rootRequest(cluster, of), cluster.pki.keySize)),
    );
  }
  await create(
    serviceAccountSecret(cluster.name),
    'service account key',
    async () => (await authority.createKey(cluster.pki.keySize)).key,
  );
  await create(encryptionSecret(cluster.name), 'encryption key', async () =>
    encryptionConfig(cluster.kubernetes.encryption.algorithm),
  );
  if (cluster.loadBalancer.keepalived)
    await create(keepalivedSecret(cluster.name), 'password of keepalived', async () =>
      authenticationBlock(randomBytes(6).toString('base64url')),
    );
  return made.length === 0
    ? { changed: false, detail: 'authorities and keys are in the store' }
    : { changed: true, detail: `made ${made.join(', ')}` };
}

/** Secrets are encrypted with a random key; `identity` stays last, so that what was written before can be read. */
function encryptionConfig(algorithm: 'aescbc' | 'secretbox' | 'aesgcm'): string {
  return toYaml({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [
          { [algorithm]: { keys: [{ name: 'key1', secret: randomBytes(32).toString('base64') }] } },
          { identity: {} },
        ],
      },
    ],
  });
}

/**
 * Who signs for a cluster. While one root takes the place of another, `certificate` has both, the one that signs first.
 */
export interface Root extends KeyPair {
  /** The root that signs, signed by the one whose place it took. */
  cross?: string;
}

/**
 * Whom hosts trust, as it stands in their files: in the same order whoever of two signs, so that nobody has to read it again when that
 * changes.
 */
export function bundleOf({ certificate }: Root): string {
  const all = certificatesIn(certificate);
  return all.length > 1 ? all.sort().join('') : certificate;
}

/** A root of the cluster with its key; KHA4100 before createAuthorities has run. */
export async function rootOf({ store }: Ports, cluster: Cluster, of: Authority): Promise<Root> {
  const text = await store.getSecret(rootSecret(cluster.name, of));
  if (text === undefined) {
    throw new KhaError(`the ${of} authority of ${cluster.name} is not in the store`, {
      code: 'KHA4100',
      blame: 'kha',
      hint: 'The step create-authorities makes it; where the store was lost, restore KHA_HOME from its backup.',
    });
  }
  return JSON.parse(text) as Root;
}

/** All roots of the cluster. */
export async function rootsOf(ports: Ports, cluster: Cluster): Promise<Record<Authority, Root>> {
  const each = authorities.map(async (of) => [of, await rootOf(ports, cluster, of)] as const);
  return Object.fromEntries(await Promise.all(each)) as Record<Authority, Root>;
}
