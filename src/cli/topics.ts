import type { Paint } from './colour.ts';
import { environment } from './environment.ts';
import { exitCodes } from './exit-codes.ts';

/** Texts of `kha help TOPIC`. */
export const topics: Record<string, (paint: Paint) => string> = {
  environment: (paint) =>
    [
      paint('bold', 'Environment variables'),
      'A flag wins over its variable, a variable over a file, a file over the default.',
      '',
      ...environment.flatMap(({ name, about }) => [`  ${paint('cyan', name)}`, `      ${about}`]),
      '',
    ].join('\n'),
  'exit-codes': (paint) =>
    [
      paint('bold', 'Exit codes'),
      'Scripts may rely on them.',
      '',
      ...exitCodes.map(({ code, meaning }) => `  ${paint('cyan', String(code).padStart(3))}  ${meaning}`),
      '',
    ].join('\n'),
  formatting: (paint) =>
    [
      paint('bold', 'Formats of output'),
      'Data goes to standard output, talk to standard error, so that a pipe sees data only.',
      '',
      `  ${paint('cyan', '-o table')}   columns for people, the default; --no-headers leaves the first line out`,
      `  ${paint('cyan', '-o wide')}    the same with more columns`,
      `  ${paint('cyan', '-o json')}    one document with apiVersion and kind; times are UTC in ISO 8601. A failure is JSON, too:`,
      '             {"apiVersion":"kha/v1","kind":"Error","error":{"code":…,"message":…,"hint":…,"exitCode":…}}',
      '             with --watch, one document on each line',
      `  ${paint('cyan', '-o yaml')}    the same document as YAML`,
      `  ${paint('cyan', '-o name')}    one name on each line, for xargs`,
      '',
      'Colours follow --color, FORCE_COLOR and NO_COLOR, in this order, and are off where the output is no terminal.',
      '',
    ].join('\n'),
};
