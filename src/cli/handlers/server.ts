import { startCodecEndpoint } from '../../adapters/codec/codec-endpoint.ts';
import { createDataConverter } from '../../adapters/codec/data-converter.ts';
import { startDevServer } from '../../adapters/temporal-dev-server/dev-server.ts';
import { runWorker } from '../../worker.ts';
import type { Handler } from '../command.ts';
import type { ServerInput } from '../commands/server.ts';
import { portOf } from '../port.ts';
import { keepWorker } from '../service/keep-worker.ts';
import { createLog } from '../service/log.ts';
import { stopSignal } from '../service/signals.ts';

export const run: Handler<ServerInput> = async (context, { options }) => {
  const port = portOf('--port', options.port, 7233);
  const uiPort = portOf('--ui-port', options.uiPort, 8233);
  const codecPort = portOf('--codec-port', options.codecPort, 8234);
  const home = context.home();
  const { log, file } = await createLog(context, 'server');
  const stop = stopSignal();
  const { payloadCodecs: [codec] = [] } = await createDataConverter(home);
  if (!codec) throw new Error('the data converter has no codec');

  log.info('Starting Temporal.');
  const endpoint = await startCodecEndpoint({
    codec,
    port: codecPort,
    origins: [`http://127.0.0.1:${uiPort}`],
    flag: '--codec-port',
    refused: (why) => log.warn(why),
  });
  try {
    const server = await startDevServer({
      home,
      port,
      uiPort,
      codecEndpoint: endpoint.url,
      log: (line) => log.info(line),
      env: context.env,
    });
    try {
      const { paintTalk: paint } = context;
      context.say('');
      context.say(`  ${paint('bold', 'Temporal')}  ${server.address}`);
      context.say(`  ${paint('bold', 'Web UI')}    ${server.uiUrl}`);
      context.say(`  ${paint('bold', 'Data')}      ${home.dir}`);
      context.say(`  ${paint('bold', 'Log')}       ${file}`);
      context.say('\n  Ctrl-C ends it; operations go on when it is started again.\n');
      const ended = new AbortController();
      const over = AbortSignal.any([stop, ended.signal]);
      void server.exited.then(() => ended.abort());
      if (options.noWorker) await context.sleep(2 ** 31 - 1, over);
      else
        await keepWorker(context, log, over, () =>
          runWorker({ home, connection: { address: server.address }, namespace: 'default', log }),
        );
      log.info(stop.aborted ? 'Stopping.' : 'Temporal ended.');
    } finally {
      await server.stop();
    }
    const failure = await server.exited;
    if (failure) throw failure;
  } finally {
    await endpoint.close();
  }
  log.info('Stopped. Operations go on at the next start.');
};
