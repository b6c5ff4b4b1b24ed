import { describe, expect, it } from 'vitest';
import { findHome } from '../../src/home.ts';

describe('the home of kha', () => {
  it.each([
    [{ HOME: '/h' }, '/h/.local/state/kha', '/h/.cache/kha'],
    [{ HOME: '/h', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c' }, '/s/kha', '/c/kha'],
    [{ HOME: '/h', XDG_STATE_HOME: 's', XDG_CACHE_HOME: '' }, '/h/.local/state/kha', '/h/.cache/kha'],
    [{ HOME: '/h', XDG_STATE_HOME: '/s', KHA_HOME: '/k/' }, '/k', '/h/.cache/kha'],
    [{ HOME: '/h', KHA_HOME: 'k' }, `${process.cwd()}/k`, '/h/.cache/kha'],
  ])('of %o is %s', (env, dir, cache) => {
    const home = findHome(env);
    expect([home.dir, home.cache]).toEqual([dir, cache]);
    expect([home.store, home.storeKey, home.temporal]).toEqual([
      `${dir}/store`,
      `${dir}/keys/store.key`,
      `${dir}/temporal`,
    ]);
  });

  it('takes store and keys from elsewhere', () => {
    const home = findHome({ KHA_HOME: '/k', KHA_STORE: 'postgresql://kha@db/kha', KHA_KEYS: '/run/secrets' });
    expect(home).toMatchObject({
      dir: '/k',
      store: 'postgresql://kha@db/kha',
      storeKey: '/run/secrets/store.key',
      codecKey: '/run/secrets/codec.key',
    });
  });
});
