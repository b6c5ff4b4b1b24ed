import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from '../src/cli/commands/index.ts';
import { errorCodes } from '../src/cluster/error-codes.ts';
import { clusterJsonSchemaText } from '../src/config/json-schema.ts';
import { cliPage, exitCodesPage } from '../src/docs/cli.ts';
import { configPage, seedVariablesPage } from '../src/docs/config.ts';
import { errorsPage } from '../src/docs/errors.ts';
import { stepsPage } from '../src/docs/steps.ts';
import { operations } from '../src/operations/registry.ts';

/** Pages that follow from the code. `npm run docs` writes them, `npm run docs -- --check` fails where one is stale. */
const pages: { path: string; render: () => string | Promise<string> }[] = [
  { path: 'config/cluster.schema.json', render: clusterJsonSchemaText },
  { path: 'docs/config.md', render: configPage },
  { path: 'docs/seed-variables.md', render: seedVariablesPage },
  { path: 'docs/cli.md', render: () => cliPage(commands) },
  { path: 'docs/errors.md', render: () => errorsPage(errorCodes) },
  { path: 'docs/exit-codes.md', render: exitCodesPage },
  { path: 'docs/steps.md', render: () => stepsPage(Object.values(operations)) },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const page of pages) {
  const file = `${root}${page.path}`;
  const want = await page.render();
  const have = await readFile(file, 'utf8').catch(() => undefined);
  if (have === want) continue;
  if (check) {
    stale.push(page.path);
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, want);
    console.log(`wrote ${page.path}`);
  }
}
if (stale.length > 0) {
  console.error(`not up to date: ${stale.join(', ')}\nRun npm run docs and commit what it writes.`);
  process.exitCode = 1;
}
