import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { goModule, goPrograms } from './go.ts';

/** The newest that Go 1.26 can build. */
const temporalVersion = '1.32.1';

const temporalUiVersion = '2.55.0';

/**
 * The Temporal server as a team runs it, and the tool that sets up its schemas (which are embedded in it). Only
 * `npm run test:long` needs them; the embedded server of `kha server` is the `temporal` program.
 */
export const temporalServer = goPrograms({
  id: 'temporal-server',
  version: temporalVersion,
  sources: ['temporal'],
  programs: [
    { name: 'temporal-server', package: 'go.temporal.io/server/cmd/server', tags: ['grpcnotrace'] },
    { name: 'temporal-sql-tool', package: 'go.temporal.io/server/cmd/tools/sql', tags: ['grpcnotrace'] },
  ],
  seconds: 240,
});

/** Temporal's Web UI as a server of its own, with the pages embedded, and the settings of its image. */
export const temporalUi = goPrograms({
  id: 'temporal-ui',
  version: temporalUiVersion,
  sources: ['temporal-ui'],
  code: ['artifacts/temporal.ts'],
  prepare: async (_directory, { out }) => {
    const upstream = await goModule('github.com/temporalio/ui-server/v2', temporalUiVersion);
    cpSync(join(upstream, 'config/docker.yaml'), join(out, 'config/docker.yaml'));
  },
  programs: [
    { name: 'temporal-ui-server', package: 'github.com/temporalio/ui-server/v2/cmd/server', tags: ['grpcnotrace'] },
  ],
  seconds: 20,
});
