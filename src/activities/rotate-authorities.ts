import { type Authority, authorities, rootRequest, rootSecret } from '../cluster/certificates.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { certificatesIn } from '../cluster/pem.ts';
import { nextRootSecret, rotationSecret, signingSecret } from '../cluster/rotation.ts';
import type { Store } from '../ports/store.ts';
import { type Root, rootOf } from './create-authorities.ts';
import type { TaskResult } from './contract.ts';
import type { Ports } from './ports.ts';
import type { TaskScope } from './task-scope.ts';

/** How far the replacement of a cluster's authorities is: both are trusted, the new ones sign, the old ones are forgotten, or it is over. */
interface Rotation {
  stage: 'trust' | 'sign' | 'retired' | 'done';
  /** Run id of the operation that did the last step: it does not begin anew when it is done. */
  run: string;
}

async function rotationOf(store: Store, cluster: Cluster): Promise<Rotation | undefined> {
  const text = await store.getSecret(rotationSecret(cluster.name));
  return text === undefined ? undefined : (JSON.parse(text) as Rotation);
}

/** Throws KHA3343 while authorities are being replaced: kubeadm can't make a master of a host that trusts two. */
export async function demandOneAuthority(store: Store, cluster: Cluster): Promise<void> {
  const rotation = await rotationOf(store, cluster);
  if (rotation === undefined || rotation.stage === 'done') return;
  throw new KhaError(`the authorities of ${cluster.name} are being replaced`, {
    code: 'KHA3343',
    blame: 'cluster',
    hint: `Let that end first: kha start-workflow renew-certificates --rotate-ca --cluster ${cluster.name}`,
    final: true,
  });
}

const first = (root: Root): string => certificatesIn(root.certificate)[0] ?? root.certificate;
const put = (store: Store, name: string, value: unknown): Promise<void> => store.putSecret(name, JSON.stringify(value));

/** What the controller manager signs with, in one file: certificate and key. */
const putSigner = async ({ store }: Ports, cluster: Cluster, root: Root): Promise<void> =>
  store.putSecret(signingSecret(cluster.name), `${first(root)}${root.key}`);

/** Makes new authorities beside those that sign; hosts trust both from now on. One that was begun goes on. */
export async function trustNewAuthorities({ ports, cluster, run }: TaskScope): Promise<TaskResult> {
  const { store, authority } = ports;
  const rotation = await rotationOf(store, cluster);
  if (rotation?.stage === 'sign' || rotation?.stage === 'retired')
    return { changed: false, detail: 'the new ones sign already: goes on from there' };
  if (rotation?.stage === 'done' && rotation.run === run) return { changed: false, detail: 'are in place' };
  await put(store, rotationSecret(cluster.name), { stage: 'trust', run } satisfies Rotation);
  for (const of of authorities) {
    const old = await rootOf(ports, cluster, of);
    const next = await nextOf(ports, cluster, of, async () =>
      authority.createRoot(
        { ...rootRequest(cluster, of), commonName: nameAfter(authority.inspect(old.certificate).commonName) },
        cluster.pki.keySize,
      ),
    );
    const both = `${first(old)}${first(next)}`;
    if (old.certificate !== both) await put(store, rootSecret(cluster.name, of), { ...old, certificate: both });
    if (of === 'kubernetes') await putSigner(ports, cluster, old);
  }
  return rotation?.stage === 'trust'
    ? { changed: false, detail: 'were made before: goes on from there' }
    : { changed: true, detail: `made ${authorities.length}, in the store beside those that sign` };
}

/** `kubernetes`, then `kubernetes-2`, `kubernetes-3`: clients that know both tell them by their names. */
function nameAfter(name: string): string {
  const [, base = name, number = '1'] = /^(.*?)(?:-(\d+))?$/.exec(name) ?? [];
  return `${base}-${Number(number) + 1}`;
}

async function nextOf({ store }: Ports, cluster: Cluster, of: Authority, make: () => Promise<Root>): Promise<Root> {
  const name = nextRootSecret(cluster.name, of);
  const text = (await store.getSecret(name)) ?? (await store.createSecret(name, JSON.stringify(await make())));
  return JSON.parse(text) as Root;
}

/** The new authorities sign from now on; what the old ones signed is trusted still. */
export async function signWithNewAuthorities({ ports, cluster, run }: TaskScope): Promise<TaskResult> {
  const { store, authority } = ports;
  const rotation = await rotationOf(store, cluster);
  if (rotation?.stage === 'retired' || rotation?.stage === 'done') return { changed: false, detail: 'sign already' };
  let changed = false;
  for (const of of authorities) {
    const now = await rootOf(ports, cluster, of);
    const text = await store.getSecret(nextRootSecret(cluster.name, of));
    if (text === undefined) throw lostNext(cluster, of);
    const next = JSON.parse(text) as Root;
    if (first(now) !== first(next)) {
      const certificate = `${first(next)}${first(now)}`;
      const cross = authority.crossSign(now, first(next));
      await put(store, rootSecret(cluster.name, of), { key: next.key, certificate, cross });
      changed = true;
    }
    if (of === 'kubernetes') await putSigner(ports, cluster, next);
  }
  await put(store, rotationSecret(cluster.name), { stage: 'sign', run } satisfies Rotation);
  return { changed, detail: changed ? 'sign, and the old ones are trusted still' : 'sign already' };
}

const lostNext = (cluster: Cluster, of: Authority): KhaError =>
  new KhaError(`the new ${of} authority of ${cluster.name} is not in the store`, {
    code: 'KHA4100',
    blame: 'kha',
    hint: 'The step trust-new-authorities makes it.',
  });

/** The old authorities are forgotten: hosts trust the new ones alone. */
export async function retireOldAuthorities({ ports, cluster, run }: TaskScope): Promise<TaskResult> {
  const { store } = ports;
  let changed = false;
  for (const of of authorities) {
    const now = await rootOf(ports, cluster, of);
    if (certificatesIn(now.certificate).length > 1) {
      await put(store, rootSecret(cluster.name, of), { ...now, certificate: first(now) });
      changed = true;
    }
  }
  const rotation = await rotationOf(store, cluster);
  if (rotation?.stage !== 'done') await put(store, rotationSecret(cluster.name), { stage: 'retired', run });
  return { changed, detail: changed ? 'are forgotten' : 'were forgotten before' };
}

/** Nothing is left to go on with: the next time others are made. */
export async function endRotation({ ports: { store }, cluster, run }: TaskScope): Promise<TaskResult> {
  const before = await rotationOf(store, cluster);
  await put(store, rotationSecret(cluster.name), { stage: 'done', run } satisfies Rotation);
  for (const of of authorities) await store.deleteSecret(nextRootSecret(cluster.name, of));
  await store.deleteSecret(signingSecret(cluster.name));
  return { changed: before?.stage !== 'done', detail: 'one authority of each kind, and no other' };
}
