import { describe, expect, it } from 'vitest';
import { demandClock, tellingTime } from '../../../src/activities/demand-clock.ts';
import { assumedFacts } from '../../../src/cluster/assumed-facts.ts';
import { sh } from '../../../src/formats/sh.ts';
import { goldenCluster } from '../../fakes/cluster.ts';

const cluster = await goldenCluster('m-master-hostname');
const facts = assumedFacts(cluster);
const [host] = cluster.hosts.map((h) => h.name);

const said = (hostMs: number, startedAt: number, endedAt: number) => ({
  exitCode: 0,
  stdout: '',
  stderr: `@@kha clock ${hostMs}\n`,
  startedAt,
  endedAt,
});

describe('demandClock', () => {
  it('lets a clock pass that is right at some moment of the command', () => {
    demandClock(cluster, facts, host ?? '', said(1_030_000, 1_000_000, 1_060_000));
    demandClock(cluster, facts, host ?? '', said(1_002_000, 1_003_000, 1_004_000));
  });

  it('refuses a clock that is off, and says in which direction', () => {
    expect(() => demandClock(cluster, facts, host ?? '', said(1_123_000, 1_000_000, 1_003_000))).toThrow(
      /the clock of \S+ is 120 s ahead of/,
    );
    expect(() => demandClock(cluster, facts, host ?? '', said(880_000, 1_000_000, 1_003_000))).toThrow(/120 s behind/);
  });

  it("goes by the hosts' clocks, not by the worker's", () => {
    const late = Object.fromEntries(
      Object.entries(facts).map(([name, f]) => [name, { ...f, clock: { hostMs: 600_000, workerMs: 0 } }]),
    );
    demandClock(cluster, late, host ?? '', said(1_600_000, 1_000_000, 1_000_500));
    expect(() => demandClock(cluster, late, host ?? '', said(1_000_000, 1_000_000, 1_000_500))).toThrow(/behind/);
  });

  it('looks away where the check is to be ignored, and where no time was said', () => {
    const ignoring = {
      ...cluster,
      kubernetes: { ...cluster.kubernetes, ignorePreflightErrors: ['clock'] },
    };
    demandClock(ignoring, facts, host ?? '', said(0, 1_000_000, 1_003_000));
    demandClock(cluster, facts, host ?? '', { ...said(0, 1, 2), stderr: 'no such command' });
  });

  it('tells time without a word in the standard output of the command', () => {
    expect(tellingTime(sh`cat ${'/etc/os-release'}`).text).toMatch(/>&2\n.*cat '?\/etc\/os-release/s);
  });
});
