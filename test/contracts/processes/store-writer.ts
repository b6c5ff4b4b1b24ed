// A process of its own that works on the store of its environment until it is ended. Arguments: mode, own name.
import { findHome } from '../../../src/home.ts';
import { openStore } from '../../../src/open-store.ts';
import { command, recordNamed } from '../store-samples.ts';

const [mode, me = ''] = process.argv.slice(2);
const store = await openStore(findHome());
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (mode === 'create') {
  say(await store.createSecret('demo/pki/ca', `made by ${me}`));
  await store.close();
} else
  for (let round = 1; ; round++) {
    const id = await store.putObject({ me, round, padding: 'x'.repeat(200_000) });
    await store.putCluster(recordNamed('shared', id));
    await store.putSecret('shared', `${me} ${round} ${'y'.repeat(50_000)} end`);
    await store.appendLog('run', { ...command(`${me}-${round}`, round), output: ['z'.repeat(100_000)] });
    await store.knownHosts('shared').change((text) => `${text}${me}-${round}\n`);
    say(`${round}`);
  }
