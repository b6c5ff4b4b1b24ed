import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/commands/index.ts';
import { flagsOf, globalOptions } from '../../../src/cli/program.ts';
import { errorNamed } from '../../../src/cluster/error-codes.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].sort();
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');
const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');

/** Anchors as web sites of Git make them of headings: small letters, no punctuation, dashes for blanks. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Links to what is not there. Other hosts are not asked. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...withoutCode(text).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? page : relative(root, join(root, dirname(page), path));
    if (!statSync(join(root, file), { throwIfNoEntry: false })) return true;
    return anchor !== undefined && !anchorsOf(textOf(file)).includes(anchor);
  });
}

const commandNames = commands.map((c) => c.name).sort((a, b) => b.length - a.length);
const globalFlags = globalOptions().map((o) => o.flags);

/** Lines of examples that begin with `kha`, up to a comment or another program. */
const examples = (text: string): string[] =>
  [...text.matchAll(/(?:^ {4}(?:\$ )?|`)kha ([a-z][^`\n#]*)/gm)].map(([, rest = '']) =>
    (rest.split(/ && | \| /)[0] ?? '').trim(),
  );

/** What is wrong with an example's command and long options, as far as the command line's own records tell. */
function wrongExample(example: string): string | undefined {
  const command = commands.find((c) => c.name === commandNames.find((name) => `${example} `.startsWith(`${name} `)));
  if (!command) return /^(help|hosts|secret)\b/.test(example) ? undefined : 'no such command';
  const known = [
    ...Object.entries(command.options).map(([name, spec]) => flagsOf(name, spec)),
    ...globalFlags,
    '-h, --help',
  ].join(' ');
  return [...example.matchAll(/(?<=^|\s)--[a-z][a-z-]*/g)]
    .map(([flag]) => flag)
    .find((flag) => !new RegExp(`${flag}(?![a-z-])`).test(known));
}

describe.each(pages)('%s', (page) => {
  const text = textOf(page);

  it('links to what is there', () => expect(brokenLinks(page, text)).toEqual([]));

  it('names error codes that kha has', () => {
    expect([...new Set(text.match(/KHA\d{4}/g) ?? [])].filter((code) => !errorNamed(code))).toEqual([]);
  });

  it('names commands and options that kha has', () => {
    const wrong = examples(text).map((e) => ({ example: e, wrong: wrongExample(e) }));
    expect(wrong.filter((w) => w.wrong !== undefined)).toEqual([]);
  });
});

it('finds a broken link, a broken anchor and a wrong option', () => {
  expect(brokenLinks('README.md', '[a](docs/none.md) [b](docs/glossary.md#none) [c](docs/glossary.md)')).toEqual([
    'docs/none.md',
    'docs/glossary.md#none',
  ]);
  expect(examples('    kha plan init-cluster --dri-run   # look\n').map(wrongExample)).toEqual(['--dri-run']);
  expect(examples('Try `kha aprove x`.').map(wrongExample)).toEqual(['no such command']);
});
