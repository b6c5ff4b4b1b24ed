import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { leaveOwnServing } from '../../../src/activities/own-serving.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import type { Session } from '../../../src/activities/session.ts';
import { createCertificateAuthority } from '../../../src/adapters/forge/certificate-authority.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';
import type { KeyPair } from '../../../src/cluster/certificate.ts';
import { type Cluster, hostNamed } from '../../../src/cluster/cluster.ts';
import type { Command } from '../../../src/formats/sh.ts';
import type { CommandEffect } from '../../../src/graph/effects/command.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { act, look, outcomes, run, temporaryDirectory } from '../../fakes/shell.ts';

const DAY = 86_400_000;
const authority = createCertificateAuthority(systemClock);
const withConfiguration = (configuration: string): Promise<Cluster> =>
  clusterFrom(
    `{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4}, masters: [m1], workers: [w1], kubernetes: {kubeletConfiguration: ${configuration}}}`,
  );
const cluster = await withConfiguration('{serverTLSBootstrap: true}');
let root: KeyPair;
let other: KeyPair;
let own: (commonName?: string) => Promise<KeyPair>;

beforeAll(async () => {
  [root, other] = await Promise.all([
    authority.createRoot({ commonName: 'kubernetes', days: 1000 }),
    authority.createRoot({ commonName: 'kubernetes', days: 1000 }),
  ]);
  own = (commonName = 'system:node:w1') =>
    authority.issue(root, { commonName, organizations: ['system:nodes'], usages: ['server'], days: 100 });
});

/** A host where kubelet has this, and the step on it. */
function world({ certificate, key }: KeyPair, of: Cluster = cluster) {
  const folder = temporaryDirectory();
  const link = join(folder, 'pki/kubelet-server-current.pem');
  mkdirSync(join(folder, 'pki'));
  const put = (name: string, pair: string): void => {
    writeFileSync(join(folder, 'pki', name), pair);
    execFileSync('ln', ['-sfn', join(folder, 'pki', name), link]);
  };
  put('kubelet-server-1.pem', `${certificate}${key}`);
  const moved = (text: string): string =>
    text.replaceAll('/var/lib/kubelet/', `${folder}/`).replaceAll('/var/lib/kha/', `${folder}/`);
  const here = (command: Command): Command => ({ ...command, text: moved(command.text) });
  const session = {
    host: hostNamed(of, 'w1'),
    read: async (_: string, command: Command) => (await run(here(command))).stdout,
  } as Partial<Session> as Session;
  const leave = async (from = root, { now = Date.now() } = {}) => {
    const ports = { authority, clock: { ...systemClock, now: () => now } } as Partial<Ports> as Ports;
    const found = await leaveOwnServing({ ports, cluster: of }, session, { root: from, withinMs: 30 * DAY });
    if (!found) return undefined;
    const effect = found.effect as CommandEffect;
    return { why: found.why, effect: { ...effect, look: moved(effect.look), act: moved(effect.act) } };
  };
  return { folder, link, put, leave };
}

describe('what the cluster gave to kubelet', () => {
  it('stays while it is good', async () => {
    expect(await world(await own()).leave()).toBeUndefined();
  });

  it.each<[string, () => Promise<[KeyPair, KeyPair, { now?: number }]>, string]>([
    ['has expired', async () => [await own(), root, { now: Date.now() + 101 * DAY }], 'it expired on'],
    ['ends soon', async () => [await own(), root, { now: Date.now() + 80 * DAY }], 'it expires on'],
    ['is of an authority that was replaced', async () => [await own(), other, {}], 'it is not signed by'],
    ['is of another node', async () => [await own('system:node:w2'), root, {}], 'it is for system:node:w2'],
    ['can not be read', async () => [{ certificate: '', key: '' }, root, {}], 'it is missing'],
  ])('gives way where it %s, and a restart of kubelet is due', async (_, made, why) => {
    const [pair, from, more] = await made();
    const w = world(pair);
    const left = await w.leave(from, more);
    expect(left?.why).toContain(`kubelet, its own: ${why}`);
    if (!left) return;
    expect(outcomes(await look([left.effect]))).toEqual(['differs']);
    expect((await act([left.effect])).code).toBe(0);
    expect([existsSync(w.link), existsSync(join(w.folder, 'due/kubelet'))]).toEqual([false, true]);
    expect(outcomes(await look([left.effect]))).toEqual(['same']);
    expect(await w.leave(from, more)).toBeUndefined();
  });

  it('that kubelet got in that very moment stays', async () => {
    const w = world(await own());
    const left = await w.leave(other);
    w.put('kubelet-server-2.pem', 'another one');
    if (left) await act([left.effect]);
    expect(readFileSync(w.link, 'utf8')).toBe('another one');
  });

  it('is no matter of kha where kubelet does not ask, or is told of another file', async () => {
    for (const configuration of [
      '{}',
      '{serverTLSBootstrap: true, tlsCertFile: /etc/own.crt, tlsPrivateKeyFile: /etc/own.key}',
    ])
      expect(await world(await own(), await withConfiguration(configuration)).leave(other)).toBeUndefined();
  });

  it('is a link to nothing where its file was removed: it gives way', async () => {
    const w = world(await own());
    execFileSync('rm', [w.link]);
    symlinkSync(join(w.folder, 'pki/gone.pem'), w.link);
    expect((await w.leave())?.why).toContain('it is missing');
  });
});
