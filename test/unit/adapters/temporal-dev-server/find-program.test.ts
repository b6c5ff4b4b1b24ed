import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedProgram } from '../../../../src/adapters/temporal-dev-server/fetch-program.ts';
import { findProgram } from '../../../../src/adapters/temporal-dev-server/find-program.ts';

let dir: string;
let said: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kha-find-'));
  said = [];
});
afterEach(() => rm(dir, { recursive: true }));

const home = () => ({ bin: join(dir, 'bin'), cache: join(dir, 'cache') });
const find = (env: Record<string, string> = {}) =>
  findProgram(home(), (line) => said.push(line), { PATH: `${dir}/empty:${dir}/path`, ...env });

async function program(path: string, text = '#!/bin/sh\n'): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

describe('finding the temporal program', () => {
  it('looks at KHA_TEMPORAL_CLI, PATH, KHA_HOME/bin and the cache, in this order', async () => {
    const cached = await program(cachedProgram(home().cache));
    expect(await find()).toBe(cached);
    const inBin = await program(join(dir, 'bin/temporal'));
    expect(await find()).toBe(inBin);
    const onPath = await program(join(dir, 'path/temporal'));
    expect(await find()).toBe(onPath);
    await mkdir(join(dir, 'empty/temporal'), { recursive: true });
    expect(await find()).toBe(onPath);
    const named = await program(join(dir, 'mine'));
    expect(await find({ KHA_TEMPORAL_CLI: named })).toBe(named);
    expect(said).toEqual([]);
  });

  it('does not go on silently when KHA_TEMPORAL_CLI is wrong', async () => {
    await program(join(dir, 'path/temporal'));
    await expect(find({ KHA_TEMPORAL_CLI: join(dir, 'nothing') })).rejects.toMatchObject({
      code: 'KHA6104',
      blame: 'configuration',
      message: expect.stringContaining('KHA_TEMPORAL_CLI'),
    });
  });

  it.each([
    ['python', undefined],
    ['pip', '#!/bin/sh\necho "No module named pip" >&2\nexit 1\n'],
  ])('tells every way out where there is no %s', async (_, python) => {
    if (python) await program(join(dir, 'path/python3'), python);
    const error = await find().catch((e: unknown) => e as { code: string; hint: string; lastLines: string[] });
    expect(error).toMatchObject({ code: 'KHA6104', message: expect.stringContaining('no pip') });
    for (const way of ['python3-pip', 'PATH', 'KHA_TEMPORAL_CLI', 'TEMPORAL_ADDRESS'])
      expect(error).toMatchObject({ hint: expect.stringContaining(way) });
    if (python) expect(error).toMatchObject({ lastLines: ['No module named pip'] });
  });

  it('says what pip said when a download fails or its hash is wrong', async () => {
    const python = `#!/bin/sh
case "$*" in
  *--version) echo pip ;;
  *"--require-hashes"*) echo "THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1 ;;
esac
`;
    await program(join(dir, 'path/python3'), python);
    await expect(find()).rejects.toMatchObject({
      code: 'KHA6104',
      lastLines: ['THESE PACKAGES DO NOT MATCH THE HASHES'],
    });
    expect(said).toEqual([expect.stringContaining('Fetching')]);
  });
});
