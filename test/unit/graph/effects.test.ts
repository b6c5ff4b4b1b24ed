import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sh } from '../../../src/formats/sh.ts';
import { absent } from '../../../src/graph/effects/absent.ts';
import { block } from '../../../src/graph/effects/block.ts';
import { command } from '../../../src/graph/effects/command.ts';
import { directory } from '../../../src/graph/effects/directory.ts';
import { file, secretFile } from '../../../src/graph/effects/file.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { wait } from '../../../src/graph/effects/wait.ts';
import { act, look, me, outcomes, temporaryDirectory } from '../../fakes/shell.ts';

/** An example of each kind that a test may really apply, with the state that it must bring about. */
const examples: Record<string, (d: string) => { effect: Effect; holds: () => boolean }> = {
  file: (d) => ({
    effect: file(join(d, 'a/b.conf'), 'one\ntwo', { mode: '640', owner: me }),
    holds: () =>
      readFileSync(join(d, 'a/b.conf'), 'utf8') === 'one\ntwo' &&
      (statSync(join(d, 'a/b.conf')).mode & 0o777) === 0o640,
  }),
  directory: (d) => ({
    effect: directory(join(d, 'data'), '700', me),
    holds: () => (statSync(join(d, 'data')).mode & 0o777) === 0o700,
  }),
  absent: (d) => {
    mkdirSync(join(d, 'old/below'), { recursive: true });
    writeFileSync(join(d, 'old/below/file'), '');
    return { effect: absent(join(d, 'old')), holds: () => !existsSync(join(d, 'old')) };
  },
  block: (d) => {
    writeFileSync(join(d, 'hosts'), '127.0.0.1 localhost\n');
    chmodSync(join(d, 'hosts'), 0o664);
    return {
      effect: block(join(d, 'hosts'), 'cluster a', '10.0.0.1 m1\n'),
      holds: () =>
        readFileSync(join(d, 'hosts'), 'utf8') ===
          '127.0.0.1 localhost\n# BEGIN kha cluster a\n10.0.0.1 m1\n# END kha cluster a\n' &&
        (statSync(join(d, 'hosts')).mode & 0o777) === 0o664,
    };
  },
  command: (d) => ({
    effect: command('a mark', {
      look: sh`cat ${join(d, 'mark')}`,
      want: "it's there",
      act: sh`echo ${"it's there"} >${join(d, 'mark')}`,
    }),
    holds: () => existsSync(join(d, 'mark')),
  }),
  wait: (d) => {
    const target = join(d, 'late');
    return {
      effect: wait('a late file', {
        probe: sh`[ -e ${target} ] || { [ -e ${`${target}.asked`} ] && touch ${target}; touch ${`${target}.asked`}; false; }`,
        timeoutSeconds: 20,
        explain: sh`echo never`,
      }),
      holds: () => existsSync(target),
    };
  },
};

describe.each(Object.keys(examples))('%s', (kind) => {
  test('look, act, look; a second act changes nothing', async () => {
    const d = temporaryDirectory();
    const { effect, holds } = (examples[kind] as (typeof examples)[string])(d);
    expect(outcomes(await look([effect]))).toEqual(['differs']);
    const first = await act([effect]);
    expect(first.stderr).toBe('');
    expect([first.code, outcomes(first.reports)]).toEqual([0, ['changed']]);
    expect(holds()).toBe(true);
    expect(outcomes(await look([effect]))).toEqual(['same']);
    const before = snapshot(d);
    expect(outcomes((await act([effect])).reports)).toEqual(['same']);
    expect(snapshot(d)).toEqual(before);
  });
});

/** Names and times of change of all that is there. */
const snapshot = (d: string): [string, number][] =>
  readdirSync(d, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => [name, statSync(join(d, name)).ctimeMs]);

test('a look changes nothing', async () => {
  const d = temporaryDirectory();
  const before = snapshot(d);
  await look(['file', 'directory', 'command'].map((kind) => (examples[kind] as (typeof examples)[string])(d).effect));
  expect(snapshot(d)).toEqual(before);
});

test('any text comes out as it went in', async () => {
  const d = temporaryDirectory();
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme' }),
      fc.stringMatching(/^[a-zA-Z '"$`\\;&-]{1,12}$/),
      async (text, name) => {
        const path = join(d, `f${name}`);
        const { code, reports } = await act([file(path, text, { owner: me })]);
        expect([code, reports.at(-1)?.outcome === 'changed' || reports.at(-1)?.outcome === 'same']).toEqual([0, true]);
        expect(readFileSync(path, 'utf8')).toBe(text);
      },
    ),
    {
      numRuns: 25,
      examples: [
        ['KHA_EOF\n$(touch x)\n`id`\n', "a'b"],
        ['x'.repeat(20_000), 'long'],
      ],
    },
  );
});

test('a file replaces a link, not what it leads to, and clears what a killed act left', async () => {
  const d = temporaryDirectory();
  writeFileSync(join(d, 'other'), 'untouched');
  symlinkSync(join(d, 'other'), join(d, 'a.conf'));
  writeFileSync(join(d, '.a.conf.kha-new'), 'half a fi');
  await act([file(join(d, 'a.conf'), 'whole\n', { owner: me })]);
  expect(readFileSync(join(d, 'a.conf'), 'utf8')).toBe('whole\n');
  expect(readFileSync(join(d, 'other'), 'utf8')).toBe('untouched');
  expect(readdirSync(d).sort()).toEqual(['a.conf', 'other']);
});

test('a file whose mode alone differs is put right', async () => {
  const d = temporaryDirectory();
  const effect = file(join(d, 'key'), 'k\n', { mode: '600', owner: me });
  await act([effect]);
  chmodSync(join(d, 'key'), 0o644);
  expect(outcomes((await act([effect])).reports)).toEqual(['changed']);
  expect(statSync(join(d, 'key')).mode & 0o777).toBe(0o600);
});

test('a secret is read from its file, and stands in no script', async () => {
  const d = temporaryDirectory();
  writeFileSync(join(d, 'c_pki_ca.key'), 'the secret\n');
  const effect = secretFile(join(d, 'out'), 'c/pki/ca.key', { owner: me });
  const { code, stdout, stderr } = await act([effect], { 'c/pki/ca.key': 'the secret\n' }, { secrets: d });
  expect([code, readFileSync(join(d, 'out'), 'utf8'), statSync(join(d, 'out')).mode & 0o777]).toEqual([
    0,
    'the secret\n',
    0o600,
  ]);
  expect(stdout + stderr).not.toContain('the secret');
});

test('a block is replaced in its place and leaves the rest alone', async () => {
  const d = temporaryDirectory();
  const path = join(d, 'hosts');
  writeFileSync(
    path,
    'first\n# BEGIN kha cluster a\nold\n# END kha cluster a\n# BEGIN kha cluster b\nb\n# END kha cluster b\nlast',
  );
  await act([block(path, 'cluster a', 'new 1\nnew 2\n')]);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain('first\n');
  expect(text).toContain('# BEGIN kha cluster b\nb\n# END kha cluster b\n');
  expect(text).toContain('last\n');
  expect(text).toContain('# BEGIN kha cluster a\nnew 1\nnew 2\n# END kha cluster a\n');
  expect(text).not.toContain('old');
});

test('an act that fails ends the script, with its reason, before the effects behind it', async () => {
  const d = temporaryDirectory();
  const bad = command('impossible', {
    look: sh`echo no`,
    want: 'yes',
    act: sh`echo because >&2; false; touch ${join(d, 'x')}`,
  });
  const { code, reports, stderr } = await act([bad, file(join(d, 'y'), '')]);
  expect([code, outcomes(reports), stderr.trim()]).toEqual([1, ['failed'], 'because']);
  expect(readdirSync(d)).toEqual([]);
});

test('an act that does not help is found out', async () => {
  const useless = command('useless', { look: sh`echo no`, want: 'yes', act: sh`:` });
  const { code, reports } = await act([useless]);
  expect([code, reports]).toEqual([1, [{ index: 0, outcome: 'unmet', state: 'no' }]]);
});

test('a wait that is in vain says why', async () => {
  const vain = wait('nothing', { probe: sh`false`, timeoutSeconds: 0, explain: sh`echo the last words` });
  const { code, reports, stderr } = await act([vain]);
  expect([code, outcomes(reports)]).toEqual([1, ['failed']]);
  expect(stderr).toContain('not so after 0 s: nothing');
  expect(stderr).toContain('the last words');
});

test('killed anywhere, it ends right the next time and leaves nothing behind', async () => {
  const d = temporaryDirectory();
  const effects = Array.from({ length: 30 }, (_, i) => file(join(d, `${i}.conf`), `${i}\n`.repeat(200), { owner: me }));
  let kills = 0;
  for (const at of [2, 9, 17]) {
    const { code } = await act(
      effects,
      {},
      {
        onOutput: (stdout, kill) => {
          if (stdout.includes(`@@kha ${at} acting`)) kill();
        },
      },
    );
    if (code === null) kills++;
  }
  expect(kills).toBeGreaterThan(0);
  expect((await act(effects)).code).toBe(0);
  expect(outcomes(await look(effects))).toEqual(effects.map(() => 'same'));
  expect(readdirSync(d).length).toBe(30);
});
