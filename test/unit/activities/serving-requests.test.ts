import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RequestObject } from '../../../src/activities/list-serving-requests.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import { previewServing } from '../../../src/activities/preview-serving.ts';
import type { PreviewScope } from '../../../src/activities/preview-line.ts';
import { approveServingRequests } from '../../../src/activities/serving-requests.ts';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { createCertificateAuthority } from '../../../src/adapters/forge/certificate-authority.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { type Command, sh, shJoin } from '../../../src/formats/sh.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { run as shell, temporaryDirectory } from '../../fakes/shell.ts';
import { hasOpenssl, signingRequest, type Wanted } from '../../fakes/signing-request.ts';

const cluster = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4}, masters: [m1], workers: [w1], kubernetes: {kubeletConfiguration: {serverTLSBootstrap: true}}}',
);
const START = Date.parse('2026-06-01T12:00:00Z');
const NAMES = { m1: 'IP:10.0.0.1', w1: 'DNS:w1,IP:10.0.0.4' };

/** kubectl as far as the scripts know it: takes an object to a folder where its version is that of the folder. */
const KUBECTL = `#!/bin/sh
while [ "$1" != --raw ]; do shift; done
name=\${2%/approval}; name=\${name##*/}
[ ! -e down ] || { echo 'The connection to the server was refused' >&2; exit 1; }
cat >"$name.json"
grep -q "\\"resourceVersion\\":\\"$(cat "$name.version")\\"" "$name.json" && mv "$name.json" "$name.put" && exit
rm "$name.json"
echo 'Error from server (Conflict): the object has been modified' >&2
exit 1
`;

/** An API with requests, a controller manager that signs, and kubelets that show what they get. */
async function world(signs = true) {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'kubectl'), KUBECTL, { mode: 0o755 });
  const state = { now: START, isDown: false, jobs: 0, listings: 0, onJob: () => undefined as void, serves: true };
  const objects = new Map<string, RequestObject>();
  const shown = new Map<string, string>();
  const authority = createCertificateAuthority({ now: () => Date.now(), sleep: async () => undefined });
  const root = await authority.createRoot({ commonName: 'kubernetes', days: 10 });
  const ask = (name: string, node: string, wanted: Wanted = {}, minutes = 1): RequestObject => {
    const subject = `/O=system:nodes/CN=system:node:${node}`;
    const names = NAMES[node as keyof typeof NAMES];
    const object: RequestObject = {
      metadata: { name, resourceVersion: '7', creationTimestamp: new Date(state.now - minutes * 60_000).toISOString() },
      spec: {
        request: Buffer.from(signingRequest({ subject, names, ...wanted })).toString('base64'),
        signerName: 'kubernetes.io/kubelet-serving',
        usages: ['digital signature', 'server auth'],
        username: `system:node:${node}`,
        groups: ['system:nodes'],
      },
      status: {},
    };
    objects.set(name, object);
    writeFileSync(join(folder, `${name}.version`), object.metadata.resourceVersion);
    return object;
  };
  /** What the API server and the controller manager make of what was put. */
  const settle = async (): Promise<void> => {
    for (const file of readdirSync(folder).filter((f) => f.endsWith('.put'))) {
      const put = JSON.parse(readFileSync(join(folder, file), 'utf8')) as RequestObject;
      rmSync(join(folder, file));
      const { name } = put.metadata;
      const old = objects.get(name);
      if (!old) continue;
      objects.set(name, {
        ...old,
        metadata: { ...old.metadata, resourceVersion: '8' },
        status: { conditions: put.status?.conditions ?? [] },
      });
      writeFileSync(join(folder, `${name}.version`), '8');
    }
    if (!signs) return;
    for (const { spec, status = {} } of objects.values()) {
      if (status.certificate || !status.conditions?.some(({ type }) => type === 'Approved')) continue;
      const issued = await authority.issue(root, { commonName: spec.username ?? '', usages: ['server'], days: 1 });
      status.certificate = Buffer.from(issued.certificate).toString('base64');
      shown.set((spec.username ?? '').split(':')[2] ?? '', issued.certificate);
    }
  };
  const look = async (title: string, { text }: Command) => {
    const ok = (stdout: string) => ({ exitCode: 0, stdout, stderr: '', startedAt: 0, endedAt: 0 });
    if (state.isDown) return { ...ok(''), exitCode: 1, stderr: 'the connection was refused' };
    if (title.startsWith('is the API server')) return ok('ok');
    expect(text).toContain('--field-selector spec.signerName=kubernetes.io/kubelet-serving');
    state.listings++;
    return ok(`${state.now / 1000}\n${JSON.stringify({ items: [...objects.values()] })}`);
  };
  const session = (host: string) => ({
    host: hostNamed(cluster, host),
    look,
    read: async () => {
      const pem = (state.serves && shown.get(host)) || '';
      return `port ${hostNamed(cluster, host).address}:10250\t${Buffer.from(pem).toString('base64')}\n`;
    },
    job: async (_: string, script: Command) => {
      state.jobs++;
      state.onJob();
      const result = await shell(shJoin([sh`cd ${folder}; PATH=${folder}:$PATH`, script]));
      await settle();
      return { exitCode: result.code, stdout: result.stdout, stderr: result.stderr };
    },
  });
  const clock = {
    now: () => state.now,
    sleep: async (ms: number) => void (state.now += ms),
  };
  const ports = { authority, clock } as Partial<Ports> as Ports;
  const scope = (run: string, more: Partial<TaskScope> = {}): TaskScope =>
    ({
      ports,
      cluster,
      targets: cluster.hosts,
      session,
      run,
      abort: new AbortController().signal,
      ...more,
    }) as unknown as TaskScope;
  const preview = () => previewServing({ ports, cluster, reader: session } as unknown as PreviewScope);
  return {
    folder,
    state,
    objects,
    ask,
    settle,
    scope,
    preview,
    approve: (run: string, more = {}) => approveServingRequests(scope(run, more)),
  };
}
const conditionsOf = (object: RequestObject | undefined) => object?.status?.conditions ?? [];
const WHY = 'request forged of system:node:w1 is not approved: it asks for 10.0.0.1; recorded of w1 are w1, 10.0.0.4';

describe.skipIf(!hasOpenssl)('requests of kubelets', () => {
  it('are approved where they are good, served, and told where they are not; the second time nothing is done', async () => {
    const w = await world();
    w.ask('csr-m', 'm1');
    w.ask('csr-w', 'w1');
    w.ask('forged', 'w1', { names: 'IP:10.0.0.1' });
    expect((await w.preview()).map(({ title, outcome }) => `${outcome}: ${title}`)).toEqual([
      'differs: request csr-w of w1 is approved',
      'differs: request csr-m of m1 is approved',
      `told: ${WHY}`,
    ]);
    expect(w.state.jobs).toBe(0);
    const result = await w.approve('one');
    expect(result).toEqual({
      changed: true,
      detail: 'approved what m1, w1 asked for; 1 request is left as it is',
      warnings: [WHY],
    });
    expect(conditionsOf(w.objects.get('csr-w'))).toEqual([
      {
        type: 'Approved',
        status: 'True',
        reason: 'KhaVerified',
        message: 'The node, its names and addresses are those that are recorded of w1 (run one)',
      },
    ]);
    expect(conditionsOf(w.objects.get('forged'))).toEqual([]);
    expect(w.state.jobs).toBe(1);
    expect(await w.approve('two')).toEqual({ changed: false, detail: '1 request is left as it is', warnings: [WHY] });
    expect(w.state.jobs).toBe(1);
  });

  it('that another attempt of the same operation approved are its own, and waited for', async () => {
    const w = await world();
    w.ask('csr-w', 'w1');
    await w.approve('one');
    const listings = w.state.listings;
    expect(await w.approve('one')).toEqual({ changed: true, detail: 'approved what w1 asked for' });
    expect([w.state.jobs, w.state.listings]).toEqual([1, listings + 1]);
  });

  it('that changed since they were judged are looked at again before they are approved', async () => {
    const w = await world();
    const judged = w.ask('csr-w', 'w1');
    w.state.onJob = () => {
      if (w.state.jobs > 1) return;
      // Another one under the same name.
      w.objects.set('csr-w', {
        ...judged,
        metadata: { ...judged.metadata, resourceVersion: '9' },
        spec: { ...judged.spec, usages: ['client auth'] },
      });
      writeFileSync(join(w.folder, 'csr-w.version'), '9');
    };
    const result = await w.approve('one');
    expect(result).toMatchObject({
      changed: false,
      warnings: [expect.stringContaining('it is to be used for client auth')],
    });
    expect(conditionsOf(w.objects.get('csr-w'))).toEqual([]);
    expect(w.state.jobs).toBe(1);
  });

  it('that can not be approved now are tried again, and told in the end', async () => {
    const w = await world();
    w.ask('csr-w', 'w1');
    mkdirSync(join(w.folder, 'down'));
    expect(await w.approve('one')).toEqual({
      changed: false,
      detail: 'no kubelet waits for an approval',
      warnings: ['csr-w of w1 could not be approved: The connection to the server was refused'],
    });
    expect(w.state.jobs).toBeGreaterThan(5);
    rmSync(join(w.folder, 'down'), { recursive: true });
    expect((await w.approve('two')).changed).toBe(true);
  });

  it('without a controller manager, and kubelets that do not take up what they got, hold nothing up', async () => {
    const unsigned = await world(false);
    unsigned.ask('csr-w', 'w1');
    const before = unsigned.state.now;
    expect(await unsigned.approve('one')).toMatchObject({
      changed: true,
      warnings: ['csr-w of w1 is approved, and has no certificate yet: do controller managers run?'],
    });
    expect(unsigned.state.now - before).toBeLessThan(120_000);
    const deaf = await world();
    deaf.ask('csr-w', 'w1');
    deaf.state.serves = false;
    expect(await deaf.approve('one')).toMatchObject({
      changed: true,
      warnings: ['w1 was given a certificate (csr-w) and does not serve it yet'],
    });
  });

  it('are waited for where kubelet is about to ask anew', async () => {
    const w = await world();
    w.ask('csr-old', 'w1', {}, 15.2);
    const ask = w.state;
    let asked = false;
    const { session } = w.scope('one');
    const later = (host: string) => ({
      ...session(host),
      look: async (...args: Parameters<ReturnType<typeof session>['look']>) => {
        if (ask.now - START > 20_000 && !asked) {
          asked = true;
          w.ask('csr-new', 'w1', {}, 0);
        }
        return session(host).look(...args);
      },
    });
    expect(await w.approve('one', { session: later })).toEqual({ changed: true, detail: 'approved what w1 asked for' });
    expect(conditionsOf(w.objects.get('csr-old'))).toEqual([]);
    expect(conditionsOf(w.objects.get('csr-new'))).toHaveLength(1);
  });

  it('are passed over where no API server answers, and where the operation is about other certificates or hosts', async () => {
    const w = await world();
    w.ask('csr-w', 'w1');
    expect((await w.approve('one', { renewal: { certificates: ['apiserver'] } })).changed).toBe(false);
    expect((await w.approve('one', { targets: [hostNamed(cluster, 'm1')] })).changed).toBe(false);
    w.state.isDown = true;
    expect(await w.approve('one')).toEqual({
      changed: false,
      detail: 'passed over: no master has an API server that is ready',
    });
    expect((await w.preview())[0]?.outcome).toBe('told');
    expect(w.state.jobs).toBe(0);
  });
});
