import { describe, expect, it } from 'vitest';
import { findHome } from '../../../src/cli/home.ts';

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

  it('never lets a cluster name out of its folder', () => {
    const home = findHome({ KHA_HOME: '/k' });
    expect(['demo', '../x', '..', '.'].map((name) => home.knownHosts(name))).toEqual([
      '/k/known_hosts.d/demo',
      '/k/known_hosts.d/%2E.%2Fx',
      '/k/known_hosts.d/%2E.',
      '/k/known_hosts.d/%2E',
    ]);
  });
});
