import type { Operation } from '../graph/operation.ts';
import type { OperationOptions } from '../workflows/protocol.ts';
import { readApprovals, readWindows } from './approval-words.ts';
import { type ArgumentSpecs, choice, type Input, list } from './command.ts';
import { demandSteps } from './demand-steps.ts';
import { renewalFor, renewalOptions } from './renewal-options.ts';
import { drainOption, gateOptions, maintenanceOptions, partOptions, splitList } from './options.ts';
import { readSettings } from './read-settings.ts';

/** What an operation can be told whenever it starts, by a person or by a schedule. */
export const operationOptions = {
  onFailure: choice({
    value: 'WHAT',
    choices: ['park', 'abort'],
    about: 'park (default): a task that fails waits for retry, skip or abort. abort: the operation ends.',
  }),
  ignorePreflightErrors: list({ value: 'CHECK', about: 'Checks whose errors are shown as warnings; all for all.' }),
  ...gateOptions,
  ...drainOption,
  ...renewalOptions,
  ...maintenanceOptions,
  ...partOptions,
};

/** The options as the operation gets them. Throws KHA1001 for words that it does not know. */
export function readOperationOptions(
  operation: Operation,
  options: Input<ArgumentSpecs, typeof operationOptions>['options'],
): OperationOptions {
  const only = splitList(options.only);
  const skipSteps = splitList(options.skipSteps);
  demandSteps(operation, [...only, ...skipSteps]);
  const approvals = readApprovals(operation, options);
  const windows = readWindows(options.window);
  const renewal = renewalFor(operation, options);
  const settings = readSettings(operation, options);
  return {
    onFailure: options.onFailure ?? 'park',
    ignorePreflightErrors: splitList(options.ignorePreflightErrors),
    ...(approvals.length > 0 ? { approvals } : {}),
    ...(windows ? { windows } : {}),
    ...(renewal ? { renewal } : {}),
    ...(settings ? { settings } : {}),
    ...(only.length > 0 ? { only } : {}),
    ...(skipSteps.length > 0 ? { skipSteps } : {}),
  };
}
