import { hostname } from 'node:os';
import { connectTemporal, findTemporal } from '../../adapters/temporal-client.ts';
import { KhaError } from '../../cluster/error.ts';
import { runWorker } from '../../worker.ts';
import type { Handler } from '../command.ts';
import type { WorkerInput } from '../commands/worker.ts';
import type { Context } from '../context.ts';
import { temporalEnvironment } from '../real-context.ts';
import { keepWorker } from '../service/keep-worker.ts';
import { createLog } from '../service/log.ts';
import { stopSignal } from '../service/signals.ts';

/** As long as a poll may take, twice. */
const FRESH_MS = 120_000;

export const run: Handler<WorkerInput> = async (context, { options }) => {
  if (options.check) return check(context);
  const home = context.home();
  const env = temporalEnvironment(context.env, context.global);
  const { log, file } = await createLog(context, 'worker');
  const stop = stopSignal();
  log.info(`Worker of ${home.dir}, log in ${file}.`);
  await keepWorker(context, log, stop, async () => {
    // The client's check first: its errors name the way out, and wrong settings must not be tried for ever.
    const reached = await connectTemporal(home, env).catch((error: unknown) => error);
    if (reached instanceof KhaError && reached.code !== 'KHA6001') {
      log.error(`${reached.message} ${reached.hint ?? ''}`);
      throw reached;
    }
    if (reached instanceof Error) throw reached;
    await (reached as Awaited<ReturnType<typeof connectTemporal>>).close();
    const { address, namespace, nativeOptions } = await findTemporal(home, env);
    log.info(`Temporal at ${address}, namespace ${namespace}.`);
    return runWorker({ home, connection: nativeOptions, namespace, log });
  });
  log.info('Stopped.');
};

async function check(context: Context): Promise<void> {
  const here = (await (await context.operations()).workers()).filter((w) => w.identity.endsWith(`@${hostname()}`));
  const [newest] = here.sort((a, b) => b.lastSeen - a.lastSeen);
  const silent = newest && Math.round((context.now() - newest.lastSeen) / 1000);
  if (newest === undefined || silent === undefined || silent * 1000 > FRESH_MS)
    throw new KhaError(
      newest === undefined
        ? 'No kha worker of this machine asks Temporal for work.'
        : `The kha worker ${newest.identity} has not asked Temporal for work for ${silent} s.`,
      { code: 'KHA6010', blame: 'temporal', hint: 'Is it running, and does its log say why not? kha worker' },
    );
  context.say(`${context.paintTalk('green', '✔')} ${newest.identity} asked for work ${silent} s ago.`);
}
