import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeLabels } from '../../../src/steps/node-labels.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const directory = mkdtempSync(join(tmpdir(), 'kha-labels-'));
afterAll(() => rmSync(directory, { recursive: true }));

const cluster = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, w1: 10.0.0.4}, masters: [m1, m2], workers: [w1, m2], etcd: [m1]}',
);
const [host] = cluster.hosts;
const effect = host && nodeLabels.effects?.({ cluster, next: cluster, facts: {}, targets: cluster.hosts }, host)[0];
if (effect?.kind !== 'command') throw new Error('it is a command');

/** What the look prints where kubectl answers with these lines; and the calls of the act. */
function run(script: string, have: string[]): string {
  writeFileSync(
    join(directory, 'kubectl'),
    `#!/bin/sh\nshift 2\nif [ "$1" = get ]; then cat ${directory}/have; else echo "$*"; fi\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(directory, 'have'), have.map((line) => `${line}\n`).join(''));
  return execFileSync('sh', ['-c', script], {
    env: { PATH: `${directory}:${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
  }).trim();
}

const role = 'node-role.kubernetes.io';
const right = [
  `m1 ${role}/control-plane`,
  `m1 ${role}/master`,
  `m1 ${role}/etcd`,
  'm1 kubernetes.io/hostname',
  ...cluster.kubernetes.release.masterTaints.map((key) => `m1 ${key}:NoSchedule`),
  `m2 ${role}/control-plane`,
  `m2 ${role}/master`,
  `m2 ${role}/worker`,
  `w1 ${role}/worker`,
  'w1 example.com/special:NoExecute',
];

describe('labels and taints of the roles', () => {
  it('are as they should be, whatever else the nodes have', () => {
    expect(run(effect.look, right)).toBe('as its roles');
  });

  it('says what lacks and what is too much', () => {
    const [taint = ''] = cluster.kubernetes.release.masterTaints;
    const wrong = [
      ...right.filter((line) => line !== `m1 ${taint}:NoSchedule`),
      `m2 ${taint}:NoSchedule`,
      `w1 ${role}/etcd`,
    ];
    expect(run(effect.look, wrong)).toBe(
      `m1 lacks ${taint}:NoSchedule, m2 has ${taint}:NoSchedule, w1 has ${role}/etcd`,
    );
  });

  it('brings about both', () => {
    const calls = run(effect.act, []).split('\n');
    const [taint = ''] = cluster.kubernetes.release.masterTaints;
    expect(calls).toContain(`taint nodes m1 --overwrite ${taint}:NoSchedule`);
    expect(calls).toContain(`taint nodes m2 ${taint}:NoSchedule-`);
    expect(calls.find((c) => c.startsWith('label nodes w1'))).toBe(
      `label nodes w1 --overwrite ${role}/worker= ${role}/control-plane- ${role}/master- ${role}/etcd- ${role}/lb-`,
    );
  });
});
