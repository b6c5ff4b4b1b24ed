import { expect, it } from 'vitest';
import { createAuthorities } from '../../../src/activities/create-authorities.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';

it('goes on where a worker died between any two secrets, and makes none of them anew', async () => {
  const cluster = await goldenCluster('allinone');
  const inner = createMemoryStore();
  let drawn = 0;
  const draw = (what: string): string => `${what} ${++drawn}`;
  const authority = {
    createRoot: async () => ({ certificate: draw('certificate'), key: draw('key') }),
    createKey: async () => ({ key: draw('key'), publicKey: draw('public key') }),
  };
  /** A worker that dies once it has written that many secrets. */
  const worker = (lives: number): Ports => {
    let writes = 0;
    const store = {
      ...inner,
      createSecret: async (name: string, value: string) => {
        if (++writes > lives) throw new Error('this worker is dead');
        return inner.createSecret(name, value);
      },
    };
    return { store, authority } as unknown as Ports;
  };
  const made = async (): Promise<Map<string, string | undefined>> => {
    const names = await inner.listSecrets(`${cluster.name}/`);
    return new Map(await Promise.all(names.map(async (name) => [name, await inner.getSecret(name)] as const)));
  };

  let before = await made();
  for (let round = 1; ; round++) {
    const done = await createAuthorities(worker(1), cluster).then(
      () => true,
      () => false,
    );
    const now = await made();
    for (const [name, value] of before) expect(now.get(name)).toBe(value);
    before = now;
    if (done) break;
    expect(now.size).toBe(round);
  }
  expect(before.size).toBe(5);
  expect(await createAuthorities(worker(0), cluster)).toMatchObject({ changed: false });
});
