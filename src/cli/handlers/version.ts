import { KhaError } from '../../cluster/error.ts';
import { loadCatalogue } from '../../config/catalogue.ts';
import type { Handler } from '../command.ts';
import type { VersionInput } from '../commands/version.ts';
import type { Context } from '../context.ts';
import { document, printDocument } from '../output/document.ts';
import { packageVersion } from '../run-cli.ts';

export const run: Handler<VersionInput> = async (context, { options }) => {
  const catalogue = loadCatalogue();
  const minors = Object.keys(catalogue.releases).sort((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]));
  const temporal = await temporalVersion(context);
  const content = {
    kha: packageVersion(),
    node: process.versions.node,
    temporal,
    kubernetes: { default: catalogue.default, minors },
  };
  if (options.output === 'json' || options.output === 'yaml') {
    await printDocument(context, options.output, document('Version', content));
    return;
  }
  context.print(`kha         ${content.kha}`);
  context.print(`Node        ${content.node}`);
  context.print(
    `Temporal    ${temporal.server ?? `not reached${temporal.reason === undefined ? '' : ` (${temporal.reason})`}`}${temporal.address === undefined ? '' : ` at ${temporal.address}`}`,
  );
  context.print(`Kubernetes  ${minors.at(0)} to ${minors.at(-1)}, ${catalogue.default} by default`);
};

async function temporalVersion(context: Context): Promise<{ server?: string; address?: string; reason?: string }> {
  try {
    const operations = await context.operations();
    return { server: await operations.serverVersion(), address: operations.place.address };
  } catch (error) {
    if (error instanceof KhaError) return { reason: error.code };
    throw error;
  }
}
