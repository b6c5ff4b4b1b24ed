#!/usr/bin/env node
import { runCli } from './run-cli.ts';

// A reader that went away (`kha get clusters | head -1`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

// A service whose terminal or reader is gone must go on, or at least stop in order; there is nobody to tell.
process.stderr.on('error', () => undefined);

const code = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});

const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));
await Promise.all([written(process.stdout), written(process.stderr)]);
// All is said and closed. Temporal's client may still want to try a call again, on a connection that is closed, and throw.
process.exit(code);
