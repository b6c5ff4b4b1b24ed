import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { KhaError } from '../../../../src/cluster/error.ts';
import { parsePostgresUrl, placeOfPostgres } from '../../../../src/adapters/postgres-store/settings.ts';

const me = userInfo().username;

describe('the address of a PostgreSQL store', () => {
  it.each([
    ['postgresql://', { host: 'localhost', port: 5432, user: me, database: me, sslmode: 'prefer' }],
    ['postgres://kha@db.example.com/store', { host: 'db.example.com', user: 'kha', database: 'store' }],
    ['postgresql://kha@db:6432', { host: 'db', port: 6432, user: 'kha', database: 'kha' }],
    ['postgresql://kha@[fd00::1]:5433/kha', { host: 'fd00::1', port: 5433 }],
    ['postgresql://[fd00::1]/kha', { host: 'fd00::1', port: 5432 }],
    ['postgresql://o%40b@%2Frun%2Fpg/k%20a', { host: '/run/pg', user: 'o@b', database: 'k a' }],
    ['postgresql:///kha?host=/run/pg&port=5433&user=u', { host: '/run/pg', port: 5433, user: 'u', database: 'kha' }],
    [
      'postgresql://h/d?sslmode=verify-full&sslrootcert=/ca&sslcert=/c&sslkey=/k&passfile=/p',
      { sslmode: 'verify-full', sslrootcert: '/ca', sslcert: '/c', sslkey: '/k', passfile: '/p' },
    ],
    ['postgresql://h/d?connect_timeout=3&application_name=x', { connectTimeoutMs: 3000, applicationName: 'x' }],
  ])('%s', (url, wanted) => {
    expect(parsePostgresUrl(url, {})).toMatchObject(wanted);
  });

  it('is completed by the variables of libpq, and wins over them', () => {
    const env = { PGHOST: 'h', PGPORT: '1', PGUSER: 'u', PGDATABASE: 'd', PGSSLMODE: 'require', PGSSLROOTCERT: '/ca' };
    expect(parsePostgresUrl('postgresql://', env)).toMatchObject({
      host: 'h',
      port: 1,
      user: 'u',
      database: 'd',
      sslmode: 'require',
      sslrootcert: '/ca',
    });
    expect(parsePostgresUrl('postgresql://me@db:2/x?sslmode=disable', env)).toMatchObject({
      host: 'db',
      port: 2,
      user: 'me',
      database: 'x',
      sslmode: 'disable',
    });
  });

  it.each([
    'postgresql://kha:hunter2@db/kha',
    'postgresql://kha:@db/kha',
    'postgresql://db/kha?password=hunter2',
    'postgresql://db/kha?sslpassword=hunter2',
    'postgresql://a,b/kha',
    'postgresql://db:port/kha',
    'postgresql://db:0/kha',
    'postgresql://db/kha?sslmode=maybe',
    'postgresql://db/kha?sslmod=require',
    'postgresql://db/%zz',
    'postgresql://db/kha?connect_timeout=soon',
    'postgresql://kha:hunter2@db/kha#x',
  ])('refuses %s, and repeats no password', (url) => {
    let error: unknown;
    try {
      parsePostgresUrl(url, {});
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(KhaError);
    const { code, message, hint } = error as KhaError;
    expect(code).toBe('KHA4007');
    expect(hint).toMatch(/[.!]$/);
    expect(`${message} ${hint}`).not.toContain('hunter2');
  });

  it('is told without what does not distinguish it', () => {
    const place = (url: string) => placeOfPostgres(parsePostgresUrl(url, {}));
    expect(place('postgresql://kha@db/x?sslmode=require')).toBe('postgresql://kha@db:5432/x');
    expect(place('postgresql://kha@[::1]/x')).toBe('postgresql://kha@[::1]:5432/x');
    expect(place('postgresql://kha@%2Frun/x')).toBe('postgresql://kha@/x?host=/run&port=5432');
  });
});
