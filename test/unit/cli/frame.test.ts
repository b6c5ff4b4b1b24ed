import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { coloured, plain } from '../../../src/cli/colour.ts';
import { frame } from '../../../src/cli/ui/frame.ts';
import { changeLines } from '../../../src/cli/ui/lines.ts';
import { labelled } from '../../../src/formats/labelled-lines.ts';
import type { Progress } from '../../../src/workflows/protocol.ts';
import { detailsOf } from '../../../src/workflows/details.ts';
import { inTheMiddle, manyHosts, T0 } from './sample-progress.ts';

const now = T0 + 95_000;

describe('frame', () => {
  it.each([80, 120])('shows hosts, tasks, clocks and what is parked at %i columns', (width) => {
    expect(frame(inTheMiddle, { width, now, paint: plain }).join('\n')).toMatchSnapshot();
  });

  it.each([20, 40, 60, 80, 120, 200])('never is wider than %i columns, with and without colours', (width) => {
    for (const progress of [inTheMiddle, manyHosts(30), { ...inTheMiddle, tasks: [] }])
      for (const height of [undefined, 24, 10, 5]) {
        const options = { width, now, ...(height === undefined ? {} : { height }) };
        for (const line of frame(progress, { ...options, paint: coloured }))
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }
  });

  it('colours without changing a letter', () => {
    const bare = frame(inTheMiddle, { width: 80, now, paint: plain });
    const rich = frame(inTheMiddle, { width: 80, now, paint: coloured });
    expect(rich.map((l) => stripVTControlCharacters(l).trimEnd())).toEqual(bare.map((l) => l.trimEnd()));
  });

  it('folds finished tasks first, then hosts, and fits the height', () => {
    for (const height of [24, 16, 8])
      expect(frame(inTheMiddle, { width: 80, height, now, paint: plain }).length).toBeLessThanOrEqual(height);
    expect(frame(inTheMiddle, { width: 80, height: 18, now, paint: plain }).join('\n')).toMatchSnapshot();
  });

  it('shows of a hundred hosts those that need eyes, and the rest in numbers', () => {
    const lines = frame(manyHosts(100), { width: 80, height: 20, now, paint: plain });
    expect(lines).toHaveLength(20);
    expect(lines.at(3)).toContain('parked');
    expect(lines.at(-1)).toMatch(/… 84 more hosts: \d+ running, \d+ done/);
  });

  it('shows the whole of what failed where there is room, of each part the end where there is not, and who said what', () => {
    const lastLines = [
      'error: timed out',
      ...labelled('kubelet on w1', ['k1', 'k2', 'k3']),
      ...labelled('container etcd on w1: ended with 2', ['e1', 'e2', 'e3']),
    ];
    const tasks = inTheMiddle.tasks.map((t) => (t.failure ? { ...t, failure: { ...t.failure, lastLines } } : t));
    const said = [
      { at: T0 + 60_000, by: 'ann@desk', text: 'retry of install-packages/w1', heeded: true },
      { at: T0 + 61_000, text: 'skip is not understood: it names no task', heeded: false },
    ];
    const progress: Progress = { ...inTheMiddle, tasks, said };
    const whole = frame(progress, { width: 80, now, paint: plain }).join('\n');
    for (const line of lastLines) expect(whole).toContain(`│ ${line}`);
    expect(whole).toMatch(
      /\d\d:01:00 ann@desk: retry of install-packages\/w1\n\d\d:01:01 somebody: not heeded: skip is not/,
    );
    const part = frame(progress, { width: 80, height: 60, now, paint: plain }).join('\n');
    expect(part).toContain('│ --- container etcd on w1: ended with 2');
    expect(part).toContain('│ e2');
    expect(part).not.toContain('│ e1');
  });

  it('tells what a finished task warns of: whole where there is room, a line where there is not', () => {
    const warning =
      'request forged of system:node:w1 is not approved: it asks for 10.0.0.1; recorded of w1 are w1, 10.0.0.4';
    const tasks = inTheMiddle.tasks.map((t, i) => (i === 0 ? { ...t, warnings: [warning] } : t));
    const progress: Progress = { ...inTheMiddle, tasks };
    const whole = frame(progress, { width: 80, now, paint: plain }).join('\n');
    expect(whole.replaceAll(/\s+/g, ' ')).toContain(`! ${warning}`);
    expect(frame(progress, { width: 80, height: 18, now, paint: plain }).join('\n')).toMatch(
      /! request forged of system:node:w1 is not approved: .*…/,
    );
    expect(detailsOf(progress)).toContain(`- ${warning}`);
    const [first] = tasks;
    expect(changeLines({ ...progress, tasks: tasks.slice(1) }, progress, now, plain)).toEqual([
      expect.stringContaining(`${first?.id}: `),
      `         ! ${warning}`,
    ]);
  });

  it('offers no retry once the operation was aborted', () => {
    const aborted: Progress = { ...inTheMiddle, phase: 'aborted' };
    const text = frame(aborted, { width: 100, now, paint: plain }).join('\n');
    expect(text).toContain('apt-get ended');
    expect(text).not.toContain('then: kha retry demo install-packages/w1');
    expect(text).not.toContain('parked for');
  });
});

describe('changeLines', () => {
  it('tells what happened since the last look, each event once', () => {
    const first = changeLines(undefined, inTheMiddle, now, plain);
    expect(first.filter((l) => l.includes('install-packages/w1: parked'))).toHaveLength(1);
    expect(first.join('\n')).not.toContain('join-master/m2');
    expect(changeLines(inTheMiddle, inTheMiddle, now, plain)).toEqual([]);
  });

  it('tells who said what, once', () => {
    const said = [{ at: T0, by: 'ann@desk', text: 'retry of etcd/m1', heeded: true }];
    expect(changeLines(inTheMiddle, { ...inTheMiddle, said }, now, plain)).toEqual([
      expect.stringMatching(/^\d\d:00:00 ann@desk: retry of etcd\/m1$/),
    ]);
    expect(changeLines({ ...inTheMiddle, said }, { ...inTheMiddle, said }, now, plain)).toEqual([]);
  });

  it('tells of a task that parks again after a retry', () => {
    const again: Progress = {
      ...inTheMiddle,
      tasks: inTheMiddle.tasks.map((t) => (t.state === 'parked' ? { ...t, round: 1 } : t)),
    };
    expect(changeLines(inTheMiddle, again, now, plain)[0]).toContain('install-packages/w1');
  });
});
