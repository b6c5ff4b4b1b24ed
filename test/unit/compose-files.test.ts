import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environment } from '../../src/cli/environment.ts';

// What Docker Compose itself says of the files, and their parts as processes: test/long.
const repository = fileURLToPath(new URL('../../', import.meta.url));

interface Service {
  image?: string;
  environment?: Record<string, string>;
  secrets?: string[];
  volumes?: string[];
  ports?: string[];
  healthcheck?: { test: string[] };
  restart?: string;
  depends_on?: Record<string, { condition: string }>;
  profiles?: string[];
  command?: string[];
}
interface File {
  services: Record<string, Service>;
  secrets?: Record<string, { file: string }>;
  volumes?: Record<string, null>;
}

const read = (name: string): File =>
  parse(readFileSync(join(repository, name), 'utf8'), {
    merge: true,
    customTags: [{ tag: '!override', collection: 'seq', resolve: (value) => value }],
  }) as File;

const file = read('docker-compose.yml');
const services = Object.entries(file.services);
const oneShot = new Set(
  services.flatMap(([, { depends_on: needs = {} }]) =>
    Object.keys(needs).filter((name) => needs[name]?.condition === 'service_completed_successfully'),
  ),
);

describe('docker-compose.yml', () => {
  it.each(services)('%s has a version, a restart policy, and tells whether it is well', (name, service) => {
    expect(service.image).toMatch(/:[\w.-]+$/);
    expect(service.image).not.toContain(':latest');
    if (service.profiles) return expect(service.restart).toBeUndefined();
    if (oneShot.has(name)) return expect(service.restart).toBe('on-failure');
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck?.test[0]).toBe('CMD');
  });

  it.each(services)('%s waits for what it needs by its health or its end', (_name, { depends_on: needs = {} }) => {
    for (const [needed, { condition }] of Object.entries(needs)) {
      expect(Object.keys(file.services)).toContain(needed);
      expect(condition).toBe(oneShot.has(needed) ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  it.each(services)('%s is reached on this machine only, and has no password in its environment', (_name, service) => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const [key, value] of Object.entries(service.environment ?? {}))
      if (/PASSWORD|PWD|SECRET/.test(key))
        expect([key, value]).toEqual([key, expect.stringMatching(/^\/run\/secrets(\/|$)/)]);
    for (const secret of service.secrets ?? []) expect(file.secrets?.[secret]?.file).toBe(`./team/${secret}`);
  });

  it.each([...services, ...Object.entries(read('docker-compose.tls.yml').services)])(
    '%s mounts only what is there, what the scripts make, and volumes',
    (_name, service) => {
      for (const volume of service.volumes ?? []) {
        const source = volume.replace(/^\$\{KHA_SSH_KEYS:-~\/\.ssh\}/, '~').split(':')[0] ?? '';
        if (source.startsWith('./config/')) expect(existsSync(join(repository, source)), source).toBe(true);
        else if (!['~', '.'].includes(source) && !source.startsWith('./team/'))
          expect(Object.keys(file.volumes ?? {})).toContain(source);
      }
    },
  );

  it('runs two workers that share the store and the keys, and nothing else', () => {
    const [one, two] = [file.services['worker-1'], file.services['worker-2']];
    expect(one?.environment).toEqual(two?.environment);
    const shared = (one?.volumes ?? []).filter((volume) => two?.volumes?.includes(volume));
    expect(shared).toEqual(['./team/keys:/run/kha/keys', expect.stringContaining('KHA_SSH_KEYS')]);
    expect(one?.environment?.['KHA_STORE']).toMatch(/^postgresql:/);
  });

  it('names only variables that kha reads', () => {
    const known = environment.flatMap(({ name }) => name.split(', '));
    for (const [, service] of services)
      for (const key of Object.keys(service.environment ?? {}))
        if (service.image === 'kha:local' && key !== 'HOME') expect(known).toContain(key);
  });

  it('lets the Web UI ask the codec endpoint, and the codec answer that Web UI', () => {
    const ui = file.services['ui'];
    const codec = file.services['codec'];
    expect(codec?.ports).toEqual([
      ui?.environment?.['TEMPORAL_CODEC_ENDPOINT']?.replace('http://', '').concat(':8234'),
    ]);
    const origin = codec?.command?.[codec.command.indexOf('--origin') + 1];
    expect(ui?.environment?.['TEMPORAL_CORS_ORIGINS']?.split(',')).toContain(origin);
    expect(ui?.ports).toEqual([`${origin?.replace('http://', '')}:8080`]);
  });
});

describe('config/team/prepare.sh', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'kha-team-'));
    cpSync(join(repository, 'config/team'), join(dir, 'config/team'), { recursive: true });
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  const prepare = (): string => execFileSync('sh', ['config/team/prepare.sh'], { cwd: dir, encoding: 'utf8' });
  const content = (): string[] =>
    ['team/postgres-password', 'team/temporal-password', 'team/kha-password', '.env'].map((name) =>
      readFileSync(join(dir, name), 'utf8'),
    );

  it('makes passwords for their owner only, each another one, and keeps them', () => {
    prepare();
    const made = content();
    expect(new Set(made).size).toBe(4);
    for (const password of made.slice(0, 3)) expect(password).toMatch(/^[0-9a-f]{48}$/);
    expect(made[3]).toBe(`KHA_USER=${process.getuid?.()}:${process.getgid?.()}\n`);
    for (const name of readdirSync(join(dir, 'team'))) {
      const { mode } = statSync(join(dir, 'team', name));
      expect([name, mode & 0o077]).toEqual([name, 0]);
    }
    prepare();
    expect(content()).toEqual(made);
  });

  it('makes what neither git nor an image may take along', () => {
    for (const list of ['.gitignore', '.dockerignore']) {
      const lines = readFileSync(join(repository, list), 'utf8')
        .split('\n')
        .map((line) => line.replaceAll(/^\/|\/$/g, ''));
      expect(lines).toEqual(expect.arrayContaining(['team', '.env']));
    }
  });
});
