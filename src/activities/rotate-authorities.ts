import { type Authority, authorities, rootRequest, rootSecret } from '../cluster/certificates.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { certificatesIn } from '../cluster/pem.ts';
import { nextRootSecret, rotationSecret, signingSecret } from '../cluster/rotation.ts';
import type { Store } from '../ports/store.ts';
import { type Root, rootOf, rootsOf } from './create-authorities.ts';
import type { TaskResult } from './contract.ts';
import type { Ports } from './ports.ts';
import type { TaskScope } from './task-scope.ts';

/**
 * How far the replacement of a cluster's authorities is: new ones are made, both are trusted, the new ones sign, the old ones are forgotten,
 * or it is over.
 */
interface Rotation {
  stage: 'made' | 'trust' | 'sign' | 'retired' | 'done';
  /** Run id of the operation that did the last step: it does not begin anew when it is done. */
  run: string;
  /** PEM of the authorities whose place is taken. */
  former: Record<Authority, string>;
}

async function rotationOf(store: Store, cluster: Cluster): Promise<Rotation | undefined> {
  const text = await store.getSecret(rotationSecret(cluster.name));
  return text === undefined ? undefined : (JSON.parse(text) as Rotation);
}

/** As `rotationOf`, where one was begun; KHA4100 where none was. */
async function begun({ store }: Ports, cluster: Cluster): Promise<Rotation> {
  const rotation = await rotationOf(store, cluster);
  if (rotation === undefined) throw lost('the replacement of authorities', cluster);
  return rotation;
}

/** PEM of authorities that nobody shall trust any more, while their replacement is not over. */
export async function retiredAuthorities(store: Store, cluster: Cluster): Promise<Rotation['former'] | undefined> {
  const rotation = await rotationOf(store, cluster);
  return rotation?.stage === 'retired' ? rotation.former : undefined;
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

/** Makes new authorities beside those that sign; nobody trusts them yet. What was begun before goes on. */
export async function makeNewAuthorities({ ports, cluster, run }: TaskScope): Promise<TaskResult> {
  const { store, authority } = ports;
  const rotation = await rotationOf(store, cluster);
  if (rotation?.stage === 'done' && rotation.run === run) return { changed: false, detail: 'are in place' };
  const old = await rootsOf(ports, cluster);
  const goesOn = rotation !== undefined && rotation.stage !== 'done';
  if (!goesOn) {
    const former = {
      kubernetes: first(old.kubernetes),
      'front-proxy': first(old['front-proxy']),
      etcd: first(old.etcd),
    };
    await put(store, rotationSecret(cluster.name), { stage: 'made', run, former } satisfies Rotation);
  }
  if (!goesOn || rotation.stage === 'made')
    for (const of of authorities) {
      const { commonName } = authority.inspect(old[of].certificate);
      await nextOf(ports, cluster, of, () =>
        authority.createRoot({ ...rootRequest(cluster, of), commonName: nameAfter(commonName) }, cluster.pki.keySize),
      );
    }
  await putSigner(ports, cluster, old.kubernetes);
  return goesOn
    ? { changed: false, detail: `were made before: goes on (${STAGES[rotation.stage]})` }
    : { changed: true, detail: `made ${authorities.length}, in the store beside those that sign` };
}

const STAGES: Record<Rotation['stage'], string> = {
  made: 'nobody trusts them yet',
  trust: 'both are trusted',
  sign: 'the new ones sign',
  retired: 'the old ones are forgotten',
  done: 'it is over',
};

/** Hosts trust both from now on; the old ones sign. */
export async function trustNewAuthorities({ ports, cluster, run }: TaskScope): Promise<TaskResult> {
  const { store } = ports;
  const rotation = await begun(ports, cluster);
  if (rotation.stage !== 'made' && rotation.stage !== 'trust')
    return { changed: false, detail: 'the new ones sign already: goes on from there' };
  let changed = false;
  for (const of of authorities) {
    const old = await rootOf(ports, cluster, of);
    const both = `${first(old)}${first(await madeBefore(ports, cluster, of))}`;
    if (old.certificate === both) continue;
    await put(store, rootSecret(cluster.name, of), { ...old, certificate: both });
    changed = true;
  }
  await put(store, rotationSecret(cluster.name), { ...rotation, stage: 'trust', run } satisfies Rotation);
  return { changed, detail: changed ? 'are to be trusted' : 'were to be trusted before' };
}

/** `kubernetes`, then `kubernetes-2`, `kubernetes-3`: clients that know both tell them by their names. */
function nameAfter(name: string): string {
  const [, base = name, number = '1'] = /^(.*?)(?:-(\d+))?$/.exec(name) ?? [];
  return `${base}-${Number(number) + 1}`;
}

async function nextOf({ store }: Ports, cluster: Cluster, of: Authority, make: () => Promise<Root>): Promise<void> {
  const name = nextRootSecret(cluster.name, of);
  if ((await store.getSecret(name)) === undefined) await store.createSecret(name, JSON.stringify(await make()));
}

async function madeBefore({ store }: Ports, cluster: Cluster, of: Authority): Promise<Root> {
  const text = await store.getSecret(nextRootSecret(cluster.name, of));
  if (text === undefined) throw lost(`the new ${of} authority`, cluster);
  return JSON.parse(text) as Root;
}

const lost = (what: string, cluster: Cluster): KhaError =>
  new KhaError(`${what} of ${cluster.name} is not in the store`, {
    code: 'KHA4100',
    blame: 'kha',
    hint: 'The step new-authorities makes it.',
  });

/**
 * The new authorities sign from now on; what the old ones signed is trusted still. That it was begun is said first: who goes on with a part
 * of them finds those that sign by this alone.
 */
export async function signWithNewAuthorities({ ports, cluster, run }: TaskScope): Promise<TaskResult> {
  const { store, authority } = ports;
  const rotation = await begun(ports, cluster);
  if (rotation.stage === 'retired' || rotation.stage === 'done') return { changed: false, detail: 'sign already' };
  await put(store, rotationSecret(cluster.name), { ...rotation, stage: 'sign', run } satisfies Rotation);
  let changed = false;
  for (const of of authorities) {
    const now = await rootOf(ports, cluster, of);
    const next = await madeBefore(ports, cluster, of);
    if (first(now) !== first(next)) {
      const certificate = `${first(next)}${first(now)}`;
      const cross = authority.crossSign(now, first(next));
      await put(store, rootSecret(cluster.name, of), { key: next.key, certificate, cross });
      changed = true;
    }
    if (of === 'kubernetes') await putSigner(ports, cluster, next);
  }
  return { changed, detail: changed ? 'sign, and the old ones are trusted still' : 'sign already' };
}

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
  const rotation = await begun(ports, cluster);
  if (rotation.stage !== 'done')
    await put(store, rotationSecret(cluster.name), { ...rotation, stage: 'retired', run } satisfies Rotation);
  return { changed, detail: changed ? 'are forgotten' : 'were forgotten before' };
}

/** Nothing is left to go on with: the next time others are made. That is said last: a rest of what was made is none of the next time's. */
export async function endRotation({ ports, cluster, run }: TaskScope): Promise<TaskResult> {
  const { store } = ports;
  const before = await begun(ports, cluster);
  for (const of of authorities) await store.deleteSecret(nextRootSecret(cluster.name, of));
  await store.deleteSecret(signingSecret(cluster.name));
  await put(store, rotationSecret(cluster.name), { ...before, stage: 'done', run } satisfies Rotation);
  return { changed: before.stage !== 'done', detail: 'one authority of each kind, and no other' };
}
