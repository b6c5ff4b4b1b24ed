import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { goldenDirectory, topologies } from '../fakes/cluster.ts';
import { rendered } from './rendered.ts';

// KHA_GOLDEN=write writes them anew; read the difference before you commit it.
const write = process.env['KHA_GOLDEN'] === 'write';

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(directory, path)).isFile())
    .map((path) => relative('.', path))
    .filter((path) => path !== 'cluster.yaml')
    .sort();

describe.each(topologies)('%s', (topology) => {
  const directory = join(goldenDirectory, topology);

  test('what is written on the hosts is what was read and accepted', async () => {
    const files = await rendered(topology);
    if (write) {
      for (const path of filesBelow(directory)) rmSync(join(directory, path));
      for (const [path, text] of files) {
        mkdirSync(dirname(join(directory, path)), { recursive: true });
        writeFileSync(join(directory, path), text);
      }
    }
    expect([...files.keys()].sort()).toEqual(filesBelow(directory));
    for (const [path, text] of files) expect(text, path).toBe(readFileSync(join(directory, path), 'utf8'));
  });

  test('every structured file can be read back', async () => {
    let structured = 0;
    for (const [path, text] of await rendered(topology)) {
      if (path.endsWith('.yaml') && !text.startsWith('(secret')) {
        const documents = parseAllDocuments(text);
        for (const d of documents) expect(d.errors, path).toEqual([]);
        structured++;
      }
      if (path.endsWith('.toml')) {
        expect(() => parseToml(text), path).not.toThrow();
        structured++;
      }
      expect(text.endsWith('\n'), path).toBe(true);
    }
    expect(structured).toBeGreaterThan(5);
  });
});
