// A `kha server` in small, to be killed: keeps a Temporal running until it is ended. Arguments: home, port, UI port.
import { startDevServer } from '../../../../src/adapters/temporal-dev-server/dev-server.ts';
import { findHome } from '../../../../src/home.ts';

const [dir, port, uiPort] = process.argv.slice(2);
const home = findHome({ ...process.env, KHA_HOME: dir });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const server = await startDevServer({ home, port: Number(port), uiPort: Number(uiPort), log: say });
say(`serving ${server.address}`);
await server.exited;
