import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { keepalived } from '../../../src/parts/load-balancer/keepalived.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const clusterAt = (address: string, more = '') =>
  clusterFrom(
    `{name: t, hosts: {m1: 10.0.0.1, l1: 10.0.0.2, l2: 10.0.0.3, w1: 10.0.0.4}, masters: [m1], workers: [w1], loadBalancer: {hosts: [l1, l2], address: "${address}"${more}}}`,
  );
const cluster = await clusterAt('10.0.0.100');
const textOf = (effects: Effect[], name: string): string => {
  const effect = effects.find((e) => e.kind === 'file' && e.path.endsWith(`/${name}`));
  if (effect?.kind !== 'file' || !('text' in effect.content)) throw new Error(`there is no ${name}`);
  return effect.content.text;
};
const on = (host: string, of = cluster): Effect[] => keepalived(of, hostNamed(of, host), 'eth7');

describe('keepalived', () => {
  it('begins alike on all hosts, and prefers each a little less: nobody takes the address away', () => {
    const [first, second] = ['l1', 'l2'].map((host) => textOf(on(host), 'candidate.conf'));
    for (const text of [first, second]) {
      expect(text).toContain('state BACKUP\n  nopreempt\n');
      expect(text).toContain('interface eth7');
      expect(text).toContain('10.0.0.100/32');
      expect(text).toContain('include /etc/kubernetes/kha/keepalived/authentication.conf');
    }
    expect(first).toContain('unicast_peer {\n    10.0.0.3\n  }');
    expect([first, second].map((t) => /priority (\d+)/.exec(t ?? '')?.[1])).toEqual(['200', '199']);
  });

  it('speaks to no peers where it is alone', async () => {
    const one = await clusterFrom(
      '{name: t, hosts: {m1: 10.0.0.1, l1: 10.0.0.2, w1: 10.0.0.4}, masters: [m1], workers: [w1], loadBalancer: {hosts: [l1], address: 10.0.0.100}}',
    );
    expect(textOf(on('l1', one), 'candidate.conf')).not.toContain('unicast');
  });

  it('has a router id by name and address, unless the file has one', async () => {
    const idOf = (of: typeof cluster) => of.loadBalancer.keepalived?.routerId;
    expect(idOf(await clusterAt('10.0.0.101'))).not.toBe(idOf(cluster));
    expect(idOf(await clusterAt('10.0.0.100', ', keepalived: {routerId: 51}'))).toBe(51);
    expect(idOf(cluster)).toBeGreaterThanOrEqual(1);
    expect(idOf(cluster)).toBeLessThanOrEqual(255);
  });

  it('speaks the version of VRRP that has IPv6, which knows no password', async () => {
    const six = await clusterAt('fd00::100');
    expect(textOf(on('l1', six), 'candidate.conf')).toContain('vrrp_version 3');
    expect(textOf(on('l1', six), 'candidate.conf')).toContain('fd00::100/128');
    expect(textOf(on('l1', six), 'candidate.conf')).not.toContain('include');
    expect(on('l1', six).some((e) => e.kind === 'file' && 'secret' in e.content)).toBe(false);
  });

  it('runs nowhere without hosts for it', async () => {
    const local = await clusterFrom('{name: t, hosts: {m1: 10.0.0.1}, masters: [m1]}');
    expect(on('m1', local)).toEqual([]);
  });
});

describe('a host that shall carry the address', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kha-check-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Runs the check with an answer for the proxy itself and one for an API server behind it. */
  const serves = (proxy: boolean, ready: boolean, program = 'curl'): boolean => {
    const script = textOf(on('l1'), 'check.sh').replaceAll('/tmp/', `${directory}/`);
    writeFileSync(
      join(directory, program),
      `#!/bin/sh\ncase "$*" in *healthz*) exit ${proxy ? 0 : 1};; *readyz*) exit ${ready ? 0 : 1};; esac\nexit 9\n`,
      {
        mode: 0o755,
      },
    );
    return spawnSync('/bin/sh', ['-c', script], { env: { PATH: directory } }).status === 0;
  };

  it.each(['curl', 'wget'])('serves as long as its proxy finds an API server (%s)', (program) => {
    expect(serves(true, true, program)).toBe(true);
    expect(serves(true, false, program)).toBe(false);
    expect(serves(false, true, program)).toBe(false);
  });

  it('may carry it before there was ever one: the first master asks for itself there', () => {
    expect(serves(true, false)).toBe(true);
    expect(serves(false, false)).toBe(false);
    expect(existsSync(join(directory, 'was-ready'))).toBe(false);
    expect(serves(true, true)).toBe(true);
    expect(serves(true, false)).toBe(false);
  });
});
