import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultKinds } from '../../chaos/faults/registry.ts';
import { createRandom } from '../../chaos/random.ts';
import { scenarioOf } from '../../chaos/scenario.ts';

const many = Array.from({ length: 300 }, (_, seed) => scenarioOf(seed));

describe('scenarioOf', () => {
  it('makes the same of the same seed, and something else of another', () => {
    expect(scenarioOf(42)).toEqual(scenarioOf(42));
    expect(new Set(many.map((scenario) => JSON.stringify({ ...scenario, seed: 0 }))).size).toBeGreaterThan(290);
  });

  it('plans 1 to 5 faults, in the order of their moments, and every kind sooner or later', () => {
    for (const { faults } of many) {
      expect(faults.length).toBeGreaterThanOrEqual(1);
      expect(faults.length).toBeLessThanOrEqual(5);
      expect(faults.map((f) => f.afterCommands)).toEqual(faults.map((f) => f.afterCommands).sort((a, b) => a - b));
    }
    const planned = new Set(many.flatMap(({ faults }) => faults.map((f) => f.fault)));
    expect([...planned].sort()).toEqual(faultKinds.map((kind) => kind.name).sort());
  });

  it('has bare and prepared hosts, and an odd number of masters', () => {
    expect(new Set(many.map(({ isBare }) => isBare)).size).toBe(2);
    expect(many.every(({ masters }) => masters % 2 === 1)).toBe(true);
  });

  it('keeps to the faults that are asked for', () => {
    const only = ['worker-killed', 'clock-off'];
    for (let seed = 0; seed < 20; seed++)
      for (const { fault } of scenarioOf(seed, only).faults) expect(only).toContain(fault);
  });
});

describe('the runs of npm test', () => {
  const words = /test\/chaos\/main\.ts --seeds ([\d,]+)/.exec(readFileSync('scripts/test.sh', 'utf8'));
  const runs = (words?.[1] ?? '').split(',').map((seed) => scenarioOf(Number(seed)));

  it('have every kind of fault', () => {
    const planned = new Set(runs.flatMap(({ faults }) => faults.map((f) => f.fault)));
    expect([...planned].sort()).toEqual(faultKinds.map((kind) => kind.name).sort());
  });

  it('have bare hosts, one master, and three with workers', () => {
    expect(runs.some(({ isBare }) => isBare)).toBe(true);
    expect(runs.some(({ masters }) => masters === 1)).toBe(true);
    expect(runs.some(({ masters, workers }) => masters === 3 && workers > 0)).toBe(true);
  });
});

describe('createRandom', () => {
  it('spreads over its range', () => {
    const { int } = createRandom(7);
    const seen = new Set(Array.from({ length: 200 }, () => int(1, 6)));
    expect([...seen].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
