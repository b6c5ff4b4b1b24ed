import { expect, it } from 'vitest';
import { judgeGates } from '../../../src/workflows/judge-gate.ts';
import type { TaskState, TaskView } from '../../../src/workflows/protocol.ts';

const gate = (kind: 'approval' | 'window', id: string, state: TaskState): TaskView => {
  const [step = '', host = ''] = id.split('/');
  const about = { kind, hosts: [host], what: ['Reboot'], why: 'Why.' };
  return { id, step, host, title: step, state, needs: [], round: 0, gate: about };
};
const judge = (tasks: string[], ...views: TaskView[]) =>
  judgeGates({ say: 'approve', tasks }, { views, verdictOf: () => undefined, planDigest: 'a digest' });

const approval = gate('approval', 'approve-reboot/w1', 'asking');
const window = gate('window', 'window/w2', 'holding');

it('takes all for all approvals, and windows only by their name', () => {
  expect(judge(['*'], approval, window)).toEqual([approval]);
  expect(judge(['window/w2'], approval, window)).toEqual([window]);
});

it('says how a window is opened where there is nothing else', () => {
  expect(judge(['*'], window)).toEqual({
    code: 'KHA7020',
    text: 'no approval is asked for; to go on before a window name it: window/w2',
  });
  expect(judge([], window)).toMatchObject({
    text: expect.stringContaining('window/w2 waits for its maintenance window') as string,
  });
});
