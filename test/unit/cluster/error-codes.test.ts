import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes, errorNamed } from '../../../src/cluster/error-codes.ts';

const sources = readdirSync(new URL('../../../src/', import.meta.url), { recursive: true, withFileTypes: true })
  .filter((f) => f.isFile() && f.name.endsWith('.ts') && !f.parentPath.endsWith('error-codes'))
  .map((f) => ({ path: `${f.parentPath}/${f.name}`, text: readFileSync(`${f.parentPath}/${f.name}`, 'utf8') }));
const used = new Set(sources.flatMap(({ text }) => text.match(/KHA\d{4}/g) ?? []));
const codes = errorCodes.map((e) => e.code);

describe('the registry of error codes', () => {
  it('has every code that the sources have', () => {
    const known = new Set(codes);
    expect([...used].filter((code) => !known.has(code))).toEqual([]);
  });

  it('has each code once, in order, and none that the sources do not have', () => {
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes.filter((code) => !used.has(code))).toEqual([]);
  });

  it('agrees with the sources on whose move it is', () => {
    const pairs = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/code: '(KHA\d{4})',\s*blame: '(\w+)'/g)].map(([, code = '', blame = '']) => ({
        path,
        code,
        blame,
      })),
    );
    expect(pairs.length).toBeGreaterThan(40);
    expect(pairs.filter(({ code, blame }) => !errorNamed(code)?.blame.some((b) => b === blame))).toEqual([]);
  });

  it('says in sentences what each means and what to do', () => {
    for (const { code, title, blame, meaning, wayOut } of errorCodes) {
      expect.soft(title, code).not.toMatch(/[.!]$/);
      expect.soft(meaning, code).toMatch(/[.!?]$/);
      expect.soft(wayOut, code).toMatch(/[.!?]$/);
      expect.soft(blame.length, code).toBeGreaterThan(0);
    }
  });

  it('finds a code in any case of letters', () => {
    expect(errorNamed('kha3004')?.title).toBe('A host refuses the login');
    expect(errorNamed('KHA0000')).toBeUndefined();
  });
});
