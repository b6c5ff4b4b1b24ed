import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { BuildContext, Piece } from '../pieces/piece.ts';
import { labFolder, places } from '../places.ts';
import { type RunOptions, run } from '../run.ts';

/** Go 1.x that the newest of the programs needs. */
export const goMinor = 26;

/** Programs that are built from Go modules, as data. */
export interface GoPrograms {
  id: string;
  version: string;
  /** Files and folders under lab/artifacts, copied into one module directory; among them go.mod and go.sum. */
  sources: readonly string[];
  /** Adds to the module directory what is taken from upstream's modules. Its file must be among `code`. */
  prepare?: (directory: string, context: BuildContext) => Promise<void>;
  /** TypeScript files under lab/ that make the sources. */
  code?: readonly string[];
  programs: readonly {
    /** Name of the file. */
    name: string;
    /** Package in the module directory. */
    package: string;
    tags: readonly string[];
    /** Values of variables, by path. */
    variables?: Record<string, string> | (() => Promise<Record<string, string>>);
    /** Other names under which the program is called. */
    links?: readonly string[];
  }[];
  /** See {@link Piece.seconds}. */
  seconds: number;
}

/** A piece whose result is a directory of programs. */
export function goPrograms(definition: GoPrograms): Piece {
  const { id, version, sources, prepare, code = [], programs, seconds } = definition;
  return {
    id,
    version,
    needs: [],
    definition: programs,
    inputs: [...sources.map((source) => join('artifacts', source)), ...code],
    seconds,
    build: async (context) => {
      const module = join(context.work, 'module');
      mkdirSync(module);
      for (const source of sources) {
        const from = join(labFolder, 'artifacts', source);
        cpSync(from, statSync(from).isFile() ? join(module, basename(source)) : module, { recursive: true });
      }
      await prepare?.(module, context);
      for (const program of programs) {
        const values = typeof program.variables === 'function' ? await program.variables() : program.variables;
        const variables = Object.entries(values ?? {}).map(([path, value]) => ` -X ${path}=${value}`);
        const flags = ['-tags', program.tags.join(','), '-ldflags', `-s -w${variables.join('')}`];
        const output = join(context.out, program.name);
        await go(['build', '-trimpath', '-mod=readonly', ...flags, '-o', output, program.package], {
          cwd: module,
          log: context.log,
        });
        for (const link of program.links ?? []) symlinkSync(program.name, join(context.out, link));
      }
    },
  };
}

/** Run go with the lab's caches; it never looks beyond the module proxy that this machine is set up with. */
export async function go(args: readonly string[], options: RunOptions): Promise<string> {
  const proxies = (await run('go', ['env', 'GOPROXY'])).trim();
  const env = {
    GOMODCACHE: places.goModules,
    GOCACHE: places.goBuilds,
    GOPATH: places.goPath,
    GOPROXY: proxies.replace(/[,|]direct$/, ''),
    GOFLAGS: '-buildvcs=false',
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
    GOOS: 'linux',
    GOARCH: 'amd64',
    GOAMD64: 'v1',
  };
  return run('nice', ['go', ...args], { ...options, env: { ...env, ...options.env } });
}

/** Directory of a module in the module cache, downloaded if need be. */
export async function goModule(path: string, version: string): Promise<string> {
  const answer = await go(['mod', 'download', '-json', `${path}@v${version}`], { cwd: '/' });
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

/** What the module proxy says of a module: its checksum and when it was published. */
export async function goModuleInfo(path: string, version: string): Promise<{ sum: string; time: string }> {
  const answer = await go(['mod', 'download', '-json', `${path}@v${version}`], { cwd: '/' });
  const { Sum, Info } = JSON.parse(answer) as { Sum: string; Info: string };
  return { sum: Sum, time: (JSON.parse(readFileSync(Info, 'utf8')) as { Time: string }).Time };
}
