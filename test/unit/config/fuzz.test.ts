import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KhaError } from '../../../src/cluster/error.ts';
import { renderFindings } from '../../../src/config/findings.ts';
import type { LoadedCluster } from '../../../src/config/load.ts';
import { loadIni, loadYaml } from './load.ts';

/** Loads, or refuses with findings whose places are in the text; anything else is a defect. */
async function loadsOrRefuses(loading: Promise<LoadedCluster>, texts: Record<string, string>): Promise<void> {
  const files = Object.entries(texts).map(([name, text]) => ({ name, text }));
  const findings = await loading.then(
    (loaded) => loaded.findings,
    (error: unknown) => {
      expect(error, String((error as Error)?.stack)).toBeInstanceOf(KhaError);
      expect((error as KhaError).code).toBe('KHA2001');
      expect((error as KhaError).findings.some((f) => f.severity === 'error')).toBe(true);
      return (error as KhaError).findings;
    },
  );
  for (const { place, message } of findings) {
    const lines = texts[place?.file ?? '']?.split('\n') ?? [];
    expect(place?.line, message).toBeLessThanOrEqual(lines.length);
    expect(place?.column, message).toBeLessThanOrEqual((lines[(place?.line ?? 1) - 1]?.length ?? 0) + 1);
    expect(message).toMatch(/^[^\n]+$/);
  }
  renderFindings(findings, files);
}

/** The text with a piece replaced by another. */
const damaged = (text: string, pieces: string[]) =>
  fc
    .array(
      fc.tuple(fc.nat(text.length), fc.nat(12), fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom(...pieces))),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((edits) => edits.reduce((t, [at, length, piece]) => t.slice(0, at) + piece + t.slice(at + length), text));

const YAML = [
  '\n',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '&a ',
  '*a',
  '!!x ',
  '!!int ',
  '|\n',
  '\t',
  '---\n',
  '~',
  'null',
  '-1',
  '1e99',
  '<<: ',
  '? ',
  '#',
  '10.0.0.11',
  '__proto__: {x: 1}\n',
];
const INI = [
  '\n',
  '[',
  ']',
  '[all:vars]\n',
  '[1:3]',
  '=',
  '"',
  "'",
  '{{',
  '}}',
  '{{ groups',
  '#',
  ';',
  ':',
  ' ',
  '=True',
  'ansible_host=',
  '__proto__=1',
];

describe('damaged files are refused with places, and nothing crashes', () => {
  test('cluster files', async () => {
    const text = readFileSync('config/cluster.example.yaml', 'utf8')
      .replace(/ *#.*$/gm, '')
      .replace(/\n+/g, '\n');
    await fc.assert(
      fc.asyncProperty(damaged(text, YAML), (broken) => loadsOrRefuses(loadYaml(broken), { 'c.yaml': broken })),
      { numRuns: 100 },
    );
  });

  test('inventories', async () => {
    const text = readFileSync('config/inventory/hosts.m-master.hostname.ini', 'utf8').replace(/^;.*\n/gm, '');
    await fc.assert(
      fc.asyncProperty(damaged(text, INI), (broken) => loadsOrRefuses(loadIni(broken), { 'hosts.ini': broken })),
      { numRuns: 100 },
    );
  });

  test('variables', async () => {
    const inventory = readFileSync('config/inventory/hosts.s-master.ip.ini', 'utf8');
    const text = readFileSync('config/inventory/variables.yaml', 'utf8')
      .split('\n')
      .filter((line) => /^#( [a-z_]+:|   - )/.test(line))
      .map((line) => line.slice(2))
      .join('\n');
    await fc.assert(
      fc.asyncProperty(damaged(text, [...YAML, ...INI]), (broken) =>
        loadsOrRefuses(loadIni(inventory, broken), { 'hosts.ini': inventory, 'vars.yaml': broken }),
      ),
      { numRuns: 100 },
    );
  });

  test('any JSON as a cluster file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4 }), (text) => loadsOrRefuses(loadYaml(text), { 'c.yaml': text })),
    );
  });

  test('any values where settings belong', async () => {
    const keys = [
      'name',
      'hosts',
      'ssh',
      'masters',
      'workers',
      'etcd',
      'kubernetes',
      'loadBalancer',
      'runtime',
      'network',
      'pki',
      'packages',
      'proxy',
      'system',
      'addons',
      'timeouts',
      'images',
      'dns',
    ];
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom({ hosts: ['m1'] }, { m1: '10.0.0.1' }, ['m1'], { port: 6443 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...keys), value, { noNullPrototype: true }), (document) => {
        const text = JSON.stringify({ name: 'demo', hosts: { m1: '10.0.0.1' }, ...document });
        return loadsOrRefuses(loadYaml(text), { 'c.yaml': text });
      }),
      { numRuns: 100 },
    );
  });
});
