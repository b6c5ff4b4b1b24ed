import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitUntil } from '../../lab/wait.ts';
import { createDataConverter } from '../../src/adapters/codec/data-converter.ts';
import { findHome } from '../../src/home.ts';
import { scanHistories } from '../lab/secrets/scan-histories.ts';
import { createScanner } from '../lab/secrets/scan-text.ts';
import { textSecret } from '../lab/secrets/secret.ts';
import { startTemporal } from './temporal.ts';

const secret = 'the-one-and-only-password';
let env: TestWorkflowEnvironment;
let directory: string;

beforeAll(async () => {
  env = await startTemporal();
  directory = mkdtempSync(join(tmpdir(), 'kha-histories-'));
  mkdirSync(join(directory, 'temporal'));
  const port = Number(env.address.split(':')[1]);
  writeFileSync(join(directory, 'temporal/server.json'), JSON.stringify({ pid: 1, started: 'x', port, uiPort: port }));
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await env.teardown();
});

it('finds a secret in the encrypted input of a workflow, and only there', async () => {
  const dataConverter = await createDataConverter(findHome({ KHA_HOME: directory }));
  const client = new Client({ connection: env.connection, dataConverter });
  const start = (workflowId: string, input: unknown) =>
    client.workflow.start('anything', { workflowId, taskQueue: 'nobody', args: [input] });
  await start('good', { password: { secret: 'demo/sudo' } });
  await start('bad', { deep: [{ password: secret }] });
  const scanner = createScanner([textSecret('the password', secret)]);
  // Lists come from an index that follows a moment later.
  let scanned = await scanHistories(scanner, { KHA_HOME: directory });
  await waitUntil(async () => (scanned = await scanHistories(scanner, { KHA_HOME: directory })).files === 2, 20);
  expect(scanned.findings).toMatchObject([{ place: 'history of bad (decrypted)', what: 'the password' }]);
});
