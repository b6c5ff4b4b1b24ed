import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProject, prepareFolder, script } from './project.ts';
import { createTeam, type Team } from './team.ts';

/** Folders beside the team's own. */
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
const anotherFolder = (): string => {
  const folder = prepareFolder();
  folders.push(folder);
  return folder;
};

const files = ['docker-compose.yml', 'docker-compose.tls.yml'];

describe("a team's Temporal with mutual TLS", () => {
  let team: Team;
  beforeAll(async () => {
    team = await createTeam(files, (dir) => script(dir, 'certificates.sh', 'temporal.example.com'));
    await team.up();
  });
  afterAll(() => team?.close());

  it('serves commands, both workers and the Web UI', async () => {
    const doctor = await team.kha('doctor');
    expect(doctor.stdout).toMatch(/PASS +temporal-server +Temporal 1\.\S+ answers/);
    expect(doctor.stdout).toContain('2 kha workers');
    expect((await team.kha('get', 'workflows')).code).toBe(0);
    const namespaces = (await (await fetch(`${team.ui}/api/v1/namespaces`)).json()) as { namespaces: unknown[] };
    expect(JSON.stringify(namespaces)).toContain('"default"');
  });

  it('is reached with a profile as well', async () => {
    const at = (name: string) => join(team.dir, 'team/tls/client', name);
    const profile = join(team.dir, 'temporal.toml');
    writeFileSync(
      profile,
      `[profile.team]
address = "${team.temporal}"
[profile.team.tls]
server_ca_cert_path = "${at('ca.crt')}"
client_cert_path = "${at('client.crt')}"
client_key_path = "${at('client.key')}"
server_name = "temporal.example.com"
`,
    );
    const gone = Object.fromEntries(
      ['ADDRESS', 'TLS', 'TLS_SERVER_CA_CERT_PATH', 'TLS_CLIENT_CERT_PATH', 'TLS_CLIENT_KEY_PATH'].map((name) => [
        `TEMPORAL_${name}`,
        undefined,
      ]),
    );
    const variables = { ...gone, TEMPORAL_CONFIG_FILE: profile, TEMPORAL_PROFILE: 'team' };
    const { code, stderr } = await team.khaWith(variables, 'get', 'workflows');
    expect(code, stderr).toBe(0);
  });

  it('tells whoever has no certificate, a wrong one or a wrong authority what is missing', async () => {
    const stranger = anotherFolder();
    script(stranger, 'certificates.sh');
    const theirs = (name: string) => join(stranger, 'team/tls/client', name);
    const none = { TEMPORAL_TLS_CLIENT_CERT_PATH: undefined, TEMPORAL_TLS_CLIENT_KEY_PATH: undefined };
    const foreign = {
      TEMPORAL_TLS_CLIENT_CERT_PATH: theirs('client.crt'),
      TEMPORAL_TLS_CLIENT_KEY_PATH: theirs('client.key'),
    };
    const cases: [Record<string, string | undefined>, string][] = [
      [none, 'it demands a client certificate, and none is given'],
      [foreign, 'it does not accept the client certificate'],
      [{ TEMPORAL_TLS_SERVER_CA_CERT_PATH: theirs('ca.crt') }, 'an authority that is not trusted here'],
      [{ TEMPORAL_TLS_SERVER_NAME: 'b.example.com' }, 'other names than this address'],
    ];
    for (const [variables, message] of cases) {
      const { code, stderr } = await team.khaWith(variables, 'get', 'workflows');
      expect([code, stderr]).toEqual([4, expect.stringContaining(message)]);
      expect(stderr).toContain('TEMPORAL_TLS_');
    }
  });

  it('says the same in the log of a worker, and goes on trying', async () => {
    const worker = team.startWith({ TEMPORAL_TLS_SERVER_NAME: 'b.example.com' }, 'worker');
    let said = '';
    worker.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    await expect
      .poll(() => said, { timeout: 60_000 })
      .toMatch(/other names[\s\S]*It starts again in[\s\S]*other names/);
    expect(worker.exitCode).toBeNull();
    worker.kill('SIGTERM');
  });
});

describe('the Compose files', () => {
  it('are refused by Docker Compose before anything was prepared, with what to do', () => {
    const dir = anotherFolder();
    writeFileSync(join(dir, '.env'), '');
    expect(() => loadProject(dir, files)).toThrow('run config/team/prepare.sh first');
  });
});
