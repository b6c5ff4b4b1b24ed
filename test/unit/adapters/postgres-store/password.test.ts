import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPassword, passwordIn } from '../../../../src/adapters/postgres-store/password.ts';
import { parsePostgresUrl } from '../../../../src/adapters/postgres-store/settings.ts';

const login = { host: 'db', port: 5432, database: 'kha', user: 'anna' };

describe('a password file', () => {
  it.each([
    ['db:5432:kha:anna:pw', 'pw'],
    ['*:*:*:*:pw', 'pw'],
    ['other:5432:kha:anna:no\ndb:*:*:anna:pw\n*:*:*:*:late', 'pw'],
    ['# db:5432:kha:anna:no\ndb:5432:kha:anna:pw', 'pw'],
    ['db:5432:kha:anna:p\\:w\\\\x', 'p:w\\x'],
    ['db:5432:kha:anna:pw\r\n', 'pw'],
    ['db:5432:kha:anna:', ''],
    ['db:5432:kha:bob:pw', undefined],
    ['db:5432:kha:anna', undefined],
    [':5432:kha:anna:pw', undefined],
    ['', undefined],
  ])('%j gives %j', (text, password) => {
    expect(passwordIn(text, login)).toBe(password);
  });

  it('knows a Unix socket as localhost', () => {
    expect(passwordIn('localhost:5432:kha:anna:pw', { ...login, host: '/run/postgresql' })).toBe('pw');
    expect(passwordIn('/run/postgresql:5432:kha:anna:pw', { ...login, host: '/run/postgresql' })).toBe('pw');
  });
});

describe('the password of a store', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kha-password-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const file = (name: string, text: string) => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const settings = parsePostgresUrl('postgresql://anna@db/kha', {});

  it('is looked for in a file of its own, PGPASSWORD, the password file, and ~/.pgpass, in this order', async () => {
    const home = { HOME: dir };
    expect(await findPassword(settings, home)).toBeUndefined();
    file('.pgpass', '*:*:*:*:home');
    expect(await findPassword(settings, home)).toBe('home');
    const passfile = file('passfile', '*:*:*:*:named');
    expect(await findPassword(parsePostgresUrl('postgresql://anna@db/kha', { PGPASSFILE: passfile }), home)).toBe(
      'named',
    );
    const both = { ...home, PGPASSWORD: 'variable' };
    expect(await findPassword(settings, both)).toBe('variable');
    expect(await findPassword(settings, { ...both, KHA_STORE_PASSWORD_FILE: file('own', 'own \n') })).toBe('own ');
  });

  it('is not taken from a file that everybody can read, and one that was named must be there', async () => {
    const path = file('own', 'secret');
    chmodSync(path, 0o644);
    await expect(findPassword(settings, { KHA_STORE_PASSWORD_FILE: path })).rejects.toMatchObject({
      code: 'KHA4007',
      hint: `Run: chmod 600 ${path}`,
    });
    await expect(findPassword(settings, { KHA_STORE_PASSWORD_FILE: join(dir, 'none') })).rejects.toMatchObject({
      code: 'KHA4007',
    });
  });
});
