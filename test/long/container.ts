import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporalUi } from '../../lab/artifacts/temporal.ts';
import { directoryOf } from '../../lab/pieces/stamp.ts';
import { type Project, repository, type Service } from './project.ts';

/** How a service looks as a process: what stood for a container's world stands for this machine's. */
export interface Container {
  command: string[];
  env: Record<string, string>;
  cwd: string;
  healthCheck: string[] | undefined;
}

/** Ports as the Compose files name them, and the free ones of this machine that stand for them. */
export type Ports = Readonly<Record<number, number>>;

/** The folders of containers that the files use. */
const FOLDERS = /(^|[=:\s"'])(\/(?:run|var\/lib\/kha|etc\/kha)(?=[/"'\s:]|$))/g;

/**
 * What a container would run, as a process: its mounts are links in a folder of its own, below which the paths in its
 * settings lead; names of services and ports become those of this machine. Nothing is added but PATH and `more`.
 */
export function containerOf(
  project: Project,
  name: string,
  ports: Ports,
  more: Record<string, string> = {},
): Container {
  const service = project.services[name];
  if (!service) throw new Error(`there is no service ${name}`);
  const root = join(project.dir, 'containers', name);
  mount(project, service, root);
  const here = (text: string): string =>
    text
      .replace(/\b\d{4}\b/g, (digits) => String(ports[Number(digits)] ?? digits))
      .replace(/\b(postgresql|temporal)(?=:\d)/g, '127.0.0.1')
      .replace(/^postgresql$/, '127.0.0.1')
      .replaceAll('0.0.0.0', '127.0.0.1')
      .replaceAll('/kha/dist/', join(repository, 'dist/'))
      .replace(FOLDERS, (_all, before: string, folder: string) => `${before}${root}${folder}`);
  const [kind, ...check] = service.healthcheck?.test ?? [];
  if (kind !== undefined && kind !== 'CMD') throw new Error(`${name}: health checks by ${kind} are not run here`);
  const environment = Object.entries(service.environment ?? {}).map(([key, value]) => [key, here(value)]);
  return {
    command: [...(service.entrypoint ?? entrypointOf(service.image)), ...(service.command ?? [])].map(here),
    env: {
      PATH: `${join(project.dir, 'bin')}:${process.env['PATH']}`,
      ...(Object.fromEntries(environment) as Record<string, string>),
      ...more,
    },
    cwd: project.dir,
    healthCheck: kind === undefined ? undefined : check.map(here),
  };
}

/** What images run by themselves: see Dockerfile, and the Dockerfile of the Web UI. */
function entrypointOf(image: string): string[] {
  if (image === 'kha:local') return ['node', '/kha/dist/cli/main.js'];
  if (image.startsWith('temporalio/ui:'))
    return ['temporal-ui-server', '--root', directoryOf(temporalUi), '--env', 'docker', 'start'];
  // The test's own is started in its place.
  if (image.startsWith('postgres:')) return ['postgres'];
  throw new Error(`what ${image} runs is not known here`);
}

function mount(project: Project, { volumes = [], secrets = [] }: Service, root: string): void {
  const mounts = [
    ...volumes.map(({ type, source, target }) => ({
      target,
      source: type === 'bind' ? source : join(project.dir, 'volumes', source),
    })),
    ...secrets.map(({ source, target }) => ({
      target: target.startsWith('/') ? target : `/run/secrets/${target}`,
      source: project.secrets[source]?.file ?? '',
    })),
  ];
  // The outer ones first: what is mounted inside of a volume becomes a link in it.
  for (const { target, source } of mounts.sort((a, b) => a.target.length - b.target.length)) {
    if (source.startsWith(join(project.dir, 'volumes'))) mkdirSync(source, { recursive: true, mode: 0o700 });
    mkdirSync(dirname(join(root, target)), { recursive: true });
    try {
      symlinkSync(source, join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
