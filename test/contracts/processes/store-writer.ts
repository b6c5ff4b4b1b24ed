// A process of its own that works on a file store until it is ended. Arguments: folder, key file, mode, own name.
import { createFileStore } from '../../../src/adapters/file-store/file-store.ts';
import { command, recordNamed } from '../store-samples.ts';

const [dir = '', key = '', mode, me = ''] = process.argv.slice(2);
const store = createFileStore(dir, { key });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (mode === 'create') say(await store.createSecret('demo/pki/ca', `made by ${me}`));
else
  for (let round = 1; ; round++) {
    const id = await store.putObject({ me, round, padding: 'x'.repeat(200_000) });
    await store.putCluster(recordNamed('shared', id));
    await store.putSecret('shared', `${me} ${round} ${'y'.repeat(50_000)} end`);
    await store.appendLog('run', { ...command(`${me}-${round}`, round), output: ['z'.repeat(100_000)] });
    say(`${round}`);
  }
