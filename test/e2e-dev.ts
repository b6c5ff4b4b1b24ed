import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import pino from 'pino';
import { findHome } from '../src/cli/home.ts';
import { startDevServer } from '../src/adapters/temporal-dev-server/dev-server.ts';
import { connectTemporal } from '../src/adapters/temporal-client.ts';
import { loadClusterFile } from '../src/config/load.ts';
import { compose } from '../src/compose.ts';
import { runWorker } from '../src/worker.ts';
import type { Progress, LaneProgress } from '../src/workflows/protocol.ts';

const home = findHome();
mkdirSync(home.knownHosts('x').replace(/\/x$/, ''), { recursive: true, mode: 0o700 });
const { cluster } = await loadClusterFile(process.argv[2]!);
copyFileSync(process.env['HOME'] + '/.cache/kha-lab/run/known_hosts', home.knownHosts(cluster.name));
const ports = compose(home);
const declaration = await ports.store.putObject(cluster);
const server = await startDevServer({ home, log: console.log });
console.log(server.uiUrl);
const t = await connectTemporal(home);
const worker = await runWorker({ home, connection: t.nativeOptions, namespace: t.namespace, log: pino({ level: process.env['LOG'] ?? 'fatal' }) });
const handle = process.argv[3] === 'attach' ? t.client.workflow.getHandle(`kha/${cluster.name}`) : await t.client.workflow.start('initCluster', {
  args: [{ operation: 'init-cluster', cluster: cluster.name, declaration, options: { onFailure: 'park', ignorePreflightErrors: [] } }],
  taskQueue: 'kha',
  workflowId: `kha/${cluster.name}`,
});
const shown = new Map<string, string>();
const t0 = Date.now();
let over = false;
const result = handle.result().then((r) => console.log('RESULT', r), (e) => console.log('FAILED', e.cause ?? e)).finally(() => { over = true; });
while (!over) {
  try {
    const p = await handle.query<Progress>('progress');
    const lanes = await Promise.all(p.lanes.map((l) => t.client.workflow.getHandle(l.workflowId).query<LaneProgress>('progress').catch(() => ({ tasks: [] }))));
    const own = new Map(p.tasks.map((v) => [v.id, v])); for (const v of lanes.flatMap((l) => l.tasks)) own.set(v.id, v);
    for (const v of own.values()) {
      if (shown.get(v.id) === v.state || v.state === 'waiting') continue;
      shown.set(v.id, v.state);
      console.log(`${((Date.now() - t0) / 1000).toFixed(1)}s`, v.state.padEnd(9), v.id, (v.detail ?? '').slice(0, 90), v.failure ? JSON.stringify(v.failure, null, 1) : '');
    }
  } catch (e) { console.log(String(e)); }
  await new Promise((r) => setTimeout(r, 500));
}
await result;
worker.shutdown();
await worker.done;
await t.close();
await ports.close();
await server.stop();
void readFileSync;
