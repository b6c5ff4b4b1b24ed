import { startCodecEndpoint } from '../../adapters/codec/codec-endpoint.ts';
import { createDataConverter } from '../../adapters/codec/data-converter.ts';
import { readServer } from '../../adapters/temporal-dev-server/records.ts';
import type { Handler } from '../command.ts';
import type { CodecInput } from '../commands/codec.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { splitList } from '../options.ts';
import { portOf } from '../port.ts';
import { createLog } from '../service/log.ts';
import { stopSignal } from '../service/signals.ts';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

export const run: Handler<CodecInput> = async (context, { options }) => {
  const port = portOf('--port', options.port, 8234);
  const address = options.listen ?? '127.0.0.1';
  const named = splitList(options.origin).map((url) => webAddress('--origin', url));
  const origins = named.length > 0 ? named : [await knownUi(context)];
  const urls = splitList(options.url).map((url) => webAddress('--url', url));
  const { payloadCodecs: [codec] = [] } = await createDataConverter(context.home());
  if (!codec) throw new Error('the data converter has no codec');
  const { log } = await createLog(context, 'codec');
  const stop = stopSignal();
  const endpoint = await startCodecEndpoint({
    codec,
    origins,
    port,
    address,
    urls,
    flag: '--port',
    refused: (why) => log.warn(why),
  });
  try {
    log.info(`Decrypting at ${endpoint.url} for ${origins.join(' and ')}.`);
    if (!LOOPBACK.test(address))
      log.warn(`Whoever reaches ${address} can have payloads decrypted; keep it behind a proxy that knows its users.`);
    await context.sleep(2 ** 31 - 1, stop);
  } finally {
    await endpoint.close();
  }
  log.info('Stopped.');
};

async function knownUi(context: Context): Promise<string> {
  const variable = context.env['KHA_TEMPORAL_UI'];
  if (variable) return webAddress('KHA_TEMPORAL_UI', variable);
  const server = await readServer(context.home().temporal);
  return `http://127.0.0.1:${server?.uiPort ?? 8233}`;
}

/** Scheme, host and port of an address. */
function webAddress(name: string, text: string): string {
  const { origin } = URL.canParse(text) ? new URL(text) : { origin: 'null' };
  if (!/^https?:/.test(origin))
    throw usageError(`${name} ${text} is no web address.`, 'It looks like https://temporal.example.com.');
  return origin;
}
