#!/usr/bin/env node
import { runCli } from './run-cli.ts';

// A reader that went away (`kha get clusters | head -1`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

// A service whose terminal or reader is gone must go on, or at least stop in order; there is nobody to tell.
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
