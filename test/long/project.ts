import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose } from '../../lab/artifacts/compose.ts';
import { directoryOf } from '../../lab/pieces/stamp.ts';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

/** A service as Docker Compose resolves it: variables, anchors and several files are worked in. */
export interface Service {
  image: string;
  user?: string;
  entrypoint: string[] | null;
  command: string[] | null;
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: Condition }>;
  healthcheck?: { test: string[] };
  profiles?: string[];
  restart?: string;
  working_dir?: string;
  ports?: { host_ip?: string; target: number; published: string }[];
  secrets?: { source: string; target: string }[];
  volumes?: { type: 'bind' | 'volume'; source: string; target: string; read_only?: boolean }[];
}

export interface Project {
  /** Folder of the files. */
  dir: string;
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, unknown>;
}

/** The folder that a team has: the Compose files and what they mount, prepared by the scripts that they name. */
export function prepareFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'kha-team-'));
  for (const name of ['docker-compose.yml', 'docker-compose.tls.yml', 'config'])
    cpSync(join(repository, name), join(dir, name), { recursive: true });
  script(dir, 'prepare.sh');
  mkdirSync(join(dir, 'ssh'), { mode: 0o700 });
  return dir;
}

/** Runs a script of config/team there, as the how-to says. */
export const script = (dir: string, name: string, ...args: string[]): string =>
  execFileSync('sh', [join('config/team', name), ...args], { cwd: dir, encoding: 'utf8', stdio: 'pipe' });

/** What Docker Compose reads from these files; throws what it says against them. */
export function loadProject(dir: string, files: readonly string[], env: Record<string, string> = {}): Project {
  const text = execFileSync(join(directoryOf(compose), 'compose-load'), files, {
    cwd: dir,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { HOME: dir, ...env },
  });
  return { ...(JSON.parse(text) as Omit<Project, 'dir'>), dir };
}
