import { expect, it } from 'vitest';
import { serverEnvironment } from '../../../../src/adapters/temporal-dev-server/server-environment.ts';

it("gives Temporal nothing of a worker's passwords and of Temporal's own settings for clients", () => {
  const needed = { PATH: '/bin', HOME: '/home/u', TMPDIR: '/tmp', LC_ALL: 'C', XDG_CACHE_HOME: '/c', GOMAXPROCS: '2' };
  const rest = { SUDO_PASSWORD: 'x', TEMPORAL_API_KEY: 'x', KHA_TEMPORAL_CLI: '/x', SSH_AUTH_SOCK: '/s', MYPATH: 'x' };
  expect(serverEnvironment({ ...needed, ...rest })).toEqual(needed);
});
