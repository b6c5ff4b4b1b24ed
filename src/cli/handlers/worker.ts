import { connectTemporal, findTemporal } from '../../adapters/temporal-client.ts';
import { KhaError } from '../../cluster/error.ts';
import { runWorker } from '../../worker.ts';
import type { Handler } from '../command.ts';
import type { WorkerInput } from '../commands/worker.ts';
import { temporalEnvironment } from '../real-context.ts';
import { keepWorker } from '../service/keep-worker.ts';
import { createLog } from '../service/log.ts';
import { stopSignal } from '../service/signals.ts';

export const run: Handler<WorkerInput> = async (context) => {
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
