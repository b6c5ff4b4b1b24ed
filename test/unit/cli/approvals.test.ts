import { beforeAll, describe, expect, it } from 'vitest';
import { readApprovals, readWindows } from '../../../src/cli/approval-words.ts';
import { plain } from '../../../src/cli/colour.ts';
import { sayEnding } from '../../../src/cli/endings.ts';
import { exitCodeOf } from '../../../src/cli/exit-codes.ts';
import { run as approvals } from '../../../src/cli/handlers/approvals.ts';
import { approve, reject } from '../../../src/cli/handlers/decide.ts';
import { run as get } from '../../../src/cli/handlers/get.ts';
import { run as history } from '../../../src/cli/handlers/history.ts';
import { run as status } from '../../../src/cli/handlers/status.ts';
import { frame } from '../../../src/cli/ui/frame.ts';
import { changeLines } from '../../../src/cli/ui/lines.ts';
import { planTree } from '../../../src/cli/ui/plan-tree.ts';
import { assumedFacts } from '../../../src/cluster/assumed-facts.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { KhaError } from '../../../src/cluster/error.ts';
import { withoutHosts } from '../../../src/config/remove-hosts.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { addWorker } from '../../../src/operations/add-worker.ts';
import { removeNode } from '../../../src/operations/remove-node.ts';
import type { Decision, Operations, Spoken } from '../../../src/ports/operations.ts';
import { detailsOf } from '../../../src/workflows/details.ts';
import type { GateRequest, Progress, TaskView } from '../../../src/workflows/protocol.ts';
import { isStuck } from '../../../src/workflows/waits-for.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { fakeContext } from './fake-context.ts';
import { fakeOperations, RUNNING } from './fake-operations.ts';
import { inTheMiddle, T0 } from './sample-progress.ts';

const HOUR = 3_600_000;
const gateView: TaskView = {
  id: 'approve-reboot/w1',
  step: 'approve-reboot',
  host: 'w1',
  title: 'Approval before reboot',
  state: 'asking',
  needs: [],
  round: 0,
  startedAt: T0,
  detail: '6.1.0-18 becomes 6.1.0-21',
  gate: {
    kind: 'approval',
    hosts: ['w1'],
    what: ['Drain the nodes', 'Reboot the hosts'],
    why: 'A new kernel is in force after a reboot only.',
    until: T0 + 24 * HOUR,
    outcome: 'park',
  },
};
const window: TaskView = {
  ...gateView,
  id: 'window/w2',
  step: 'window',
  host: 'w2',
  title: 'Maintenance window',
  state: 'holding',
  gate: {
    kind: 'window',
    hosts: ['w2'],
    what: ['Reboot the hosts'],
    why: 'Why.',
    until: T0 + HOUR,
    windows: ['Sat 01:00-05:00'],
  },
};
const asking: Progress = { ...inTheMiddle, tasks: [gateView] };

function operationsWith(answer: KhaError | string[], progress: Progress | KhaError = asking) {
  const said: [string, Decision, GateRequest][] = [];
  const base = fakeOperations({ onStart: async () => undefined, running: RUNNING });
  const operations: Operations = {
    ...base,
    progress: async () => {
      if (progress instanceof KhaError) throw progress;
      return progress;
    },
    describe: async () => RUNNING,
    list: async () => [RUNNING],
    decide: async (_, say, request) => {
      said.push(['update', say, request]);
      if (answer instanceof KhaError) throw answer;
      return { gates: answer };
    },
    leaveWord: async (_, say, request) => void said.push(['signal', say, request]),
  };
  return { operations, said };
}
const options = { host: [], all: false, reason: 'agreed', plan: undefined };
const nobody = new KhaError('No kha worker answers.', { code: 'KHA6010', blame: 'temporal' });

describe('approve and reject', () => {
  it('send who, why and the plan that was looked at, also for a workflow id', async () => {
    const { operations, said } = operationsWith(['approve-reboot/w1']);
    const context = fakeContext({ operations });
    await approve(context, { args: { cluster: 'kha/demo', gate: undefined }, options });
    await reject(context, { args: { cluster: 'demo', gate: 'reboot/w1' }, options: { ...options, plan: 'abcdefgh' } });
    expect(said).toEqual([
      ['update', 'approve', { reason: 'agreed', by: 'anna@desk', plan: inTheMiddle.planDigest }],
      ['update', 'reject', { gate: 'reboot/w1', reason: 'agreed', by: 'anna@desk', plan: 'abcdefgh' }],
    ]);
    expect(context.talk.join('\n')).toContain('approve-reboot/w1 is rejected');
  });
  it('take all, or hosts', async () => {
    const { operations, said } = operationsWith(['x']);
    const run = (more: object) =>
      approve(fakeContext({ operations }), {
        args: { cluster: 'demo', gate: undefined },
        options: { ...options, ...more },
      });
    await run({ all: true });
    await run({ host: ['w1,w2'] });
    expect(said.map(([, , r]) => r.gate)).toEqual(['*', '*/w1 */w2']);
    await expect(run({ all: true, host: ['w1'] })).rejects.toMatchObject({ code: 'KHA1001' });
  });
  it('want a reason', async () => {
    const { operations, said } = operationsWith(['x']);
    const run = approve(fakeContext({ operations }), {
      args: { cluster: 'demo', gate: undefined },
      options: { ...options, reason: undefined },
    });
    await expect(run).rejects.toMatchObject({ code: 'KHA1001' });
    expect(said).toEqual([]);
  });
  it('tell why they were not taken, each with its exit code', async () => {
    for (const [code, exit] of [
      ['KHA7020', 3],
      ['KHA7021', 1],
      ['KHA7022', 1],
      ['KHA7023', 1],
      ['KHA7024', 2],
    ] as const) {
      const { operations } = operationsWith(new KhaError('no', { code, blame: 'configuration' }));
      const run = approve(fakeContext({ operations }), { args: { cluster: 'demo', gate: 'x' }, options });
      const error: unknown = await run.catch((e: unknown) => e);
      expect(error).toMatchObject({ code });
      expect(exitCodeOf(error)).toBe(exit);
    }
  });
  it('leave the word as a signal where no worker answers, and say so', async () => {
    const { operations, said } = operationsWith(nobody, nobody);
    const context = fakeContext({ operations });
    await approve(context, { args: { cluster: 'demo', gate: 'reboot/w1' }, options });
    expect(said.map(([way]) => way)).toEqual(['update', 'signal']);
    expect(context.talk.join('\n')).toContain('No kha worker answers now');
  });
});

describe('what waits', () => {
  const run = (
    output: 'json' | 'table' | undefined,
    progress: Progress | KhaError = { ...asking, tasks: [gateView, window] },
  ) => {
    const context = fakeContext({ operations: operationsWith([], progress).operations, now: T0 + 2 * HOUR });
    return approvals(context, { args: { cluster: undefined }, options: { output, noHeaders: false } }).then(
      () => context,
    );
  };
  it('is listed over all clusters', async () => {
    const { out } = await run(undefined);
    expect(out).toEqual([
      'CLUSTER   OPERATION    GATE                WAITS FOR   HOSTS   SINCE   UNTIL                  WANTS',
      'demo      add-worker   approve-reboot/w1   approval    w1      2h      2026-11-24T14:00:00Z   Drain the nodes, Reboot the hosts',
      'demo      add-worker   window/w2           window      w2      2h      2026-11-23T15:00:00Z   Reboot the hosts',
    ]);
  });
  it('is told to programs with the plan to approve', async () => {
    const { out } = await run('json');
    const { items } = JSON.parse(out.join('\n')) as { items: object[] };
    expect(items[0]).toMatchObject({
      gate: 'approve-reboot/w1',
      plan: inTheMiddle.planDigest,
      since: '2026-11-23T14:00:00Z',
      until: '2026-11-24T14:00:00Z',
      why: 'A new kernel is in force after a reboot only.',
    });
  });
  it('says which operations can not be asked', async () => {
    const { out, talk } = await run(undefined, nobody);
    expect(out).toEqual([]);
    expect(talk.join('\n')).toContain('add-worker on demo can not be asked: No kha worker answers.');
  });
  it('stands in the picture of the operation: what, where, why, since when, until when, and what to type', () => {
    const lines = frame({ ...asking, tasks: [gateView, window] }, { width: 100, now: T0 + 2 * HOUR, paint: plain });
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "init-cluster · demo · waits for approval of reboot/w1, and for the window of w2              2:00:00
      ────────────────────────────────────────  0 of 2 · 1 for you to approve · 1 held

      ? w1       0/1
          ? Approval before reboot 2:00:00
            wants  Drain the nodes, Reboot the hosts: w1
            why    A new kernel is in force after a reboot only. 6.1.0-18 becomes 6.1.0-21
            waits  since 2026-11-23T14:00:00Z (2h), until 2026-11-24T14:00:00Z (in 22h), then it parks
            then   kha approve demo approve-reboot/w1 --reason …
            then   kha reject demo approve-reboot/w1 --reason …
      ▶ w2       0/1
          ~ Maintenance window     2:00:00
            wants  Reboot the hosts: w2
            why    Why. 6.1.0-18 becomes 6.1.0-21
            waits  since 2026-11-23T14:00:00Z (2h), until 2026-11-23T15:00:00Z
            then   kha approve demo window/w2 --reason …"
    `);
  });
  it('is the head of the picture, with its time where there is room', () => {
    const head = (width: number) => frame(asking, { width, now: T0, paint: plain })[0];
    expect(head(100)).toContain('init-cluster · demo · waits for approval of reboot/w1 since 2026-11-23T14:00Z ');
    expect(head(70)).toMatch(/init-cluster · demo · waits for approval of reboot\/w1 +0:00$/);
  });
  it('stands in kha status for programs, and ends it with the exit code of waiting', async () => {
    const context = fakeContext({ operations: operationsWith([]).operations });
    const input = { args: { cluster: 'demo' }, options: { watch: false, output: 'json' as const } };
    const error: unknown = await status(context, input).catch((e: unknown) => e);
    expect(exitCodeOf(error)).toBe(7);
    expect(JSON.parse(context.out.join(''))).toMatchObject({
      state: 'running',
      waitsFor: [
        {
          kind: 'approval',
          task: 'approve-reboot/w1',
          hosts: ['w1'],
          since: '2026-11-23T14:00:00Z',
          until: '2026-11-24T14:00:00Z',
        },
      ],
    });
  });
  it('is the last word of kha status where only a window is waited for, which needs nobody', async () => {
    const context = fakeContext({ operations: operationsWith([], { ...asking, tasks: [window] }).operations });
    await status(context, { args: { cluster: 'demo' }, options: { watch: false, output: undefined } });
    expect(context.out.at(-1)).toBe('\n~ waits for the window of w2 until 2026-11-23T15:00Z');
  });
  it('stands in the list of operations: a gate, a worker, a turn, or nothing', async () => {
    const list = async (progress: Progress | KhaError, output?: 'json' | 'name') => {
      const { operations } = operationsWith([], progress);
      operations.list = async () => [
        RUNNING,
        { ...RUNNING, runId: 's', operation: 'renew-certificates', state: 'waiting' },
      ];
      const context = fakeContext({ operations, now: 60_000 });
      const options = { cluster: undefined, within: undefined, noHeaders: true, output };
      await get(context, { args: { kind: 'workflows', name: undefined }, options });
      return context.out;
    };
    expect(await list(asking)).toEqual([
      expect.stringMatching(/^demo +add-worker +running +1m +<none> +approval of reboot\/w1 since 2026-11-23T14:00Z$/),
      expect.stringMatching(/^demo +renew-certificates +waiting +1m +<none> +its turn$/),
    ]);
    expect((await list(nobody))[0]).toMatch(/ a kha worker$/);
    expect((await list(inTheMiddle))[0]).toMatch(/ running +1m +<none> +<none>$/);
    expect(await list(asking, 'name')).toEqual(['r', 's']);
    const { items } = JSON.parse((await list(asking, 'json')).join('')) as { items: object[] };
    expect(items[0]).toMatchObject({ state: 'running', waitsFor: [{ kind: 'approval', task: 'approve-reboot/w1' }] });
    expect(items[1]).not.toHaveProperty('waitsFor');
  });
  it('stands in lines, and in the details of the Web UI', () => {
    expect(changeLines(undefined, asking, T0 + HOUR, plain).join('\n')).toContain(
      'wants: Drain the nodes, Reboot the hosts: w1',
    );
    expect(detailsOf(asking)).toContain('**demo**: waits for approval of reboot/w1 since 2026-11-23T14:00Z');
    const details = detailsOf({ ...asking, tasks: [gateView, window] });
    expect(details).toContain('### ❓ approve-reboot/w1: waits for an approval');
    expect(details).toContain('- since 2026-11-23T14:00Z, until 2026-11-24T14:00Z, then: park');
    expect(details).toContain('### ⏸ window/w2: waits for its maintenance window');
  });
  it('makes a watching command end with the exit code of waiting; a window does not', () => {
    expect(isStuck(asking)).toBe(true);
    expect(isStuck({ ...asking, tasks: [gateView, window] })).toBe(false);
    const ending = (): void => sayEnding(fakeContext(), 'reboot', 'demo', { end: 'stuck', progress: asking });
    expect(ending).toThrow(/waits for an approval: approve-reboot\/w1/);
  });
  it('ends a rejected operation with an exit code of its own', () => {
    const outcome = {
      state: 'failed' as const,
      failure: {
        message: 'rejected: x was rejected by ann: no',
        code: 'KHA7004',
        blame: 'configuration' as const,
        lastLines: [],
      },
    };
    try {
      sayEnding(fakeContext(), 'remove-node', 'demo', { end: 'over', outcome, progress: undefined });
      expect.unreachable();
    } catch (error) {
      expect(exitCodeOf(error)).toBe(9);
      expect((error as Error).message).toBe('remove-node on demo was rejected: x was rejected by ann: no.');
    }
  });
});

describe('history', () => {
  const rowsOf = async (spoken: Spoken[], progress: Progress | KhaError) => {
    const { operations } = operationsWith([], progress);
    const context = fakeContext({ operations: { ...operations, spoken: async () => spoken } });
    await history(context, { args: { cluster: 'demo', run: 'latest' }, options: { output: 'json', noHeaders: false } });
    const { items } = JSON.parse(context.out.join('')) as { items: { what: string; gates?: string[] }[] };
    return items.map(({ what, gates }) => [what, ...(gates ?? [])]).slice(1);
  };
  const word = (say: 'approve' | 'reject', at: number, more: Partial<Spoken>): Spoken => ({
    at,
    say,
    input: [],
    ...more,
  });
  it('names the gates that an update decided, of many the first and all of them for programs', async () => {
    const many = ['w1', 'w2', 'w3', 'w4'].map((w) => `approve-reboot/${w}`);
    const spoken = [
      word('approve', 1, { gates: ['approve-each-master/m2'] }),
      word('approve', 2, { input: [{ gate: '*', by: 'ann@desk' }], gates: many }),
      word('approve', 3, { input: ['window/w1'], gates: ['window/w1'] }),
    ];
    expect(await rowsOf(spoken, nobody)).toEqual([
      ['approve each-master/m2', 'approve-each-master/m2'],
      ['approve reboot/w1, reboot/w2 and 2 more', ...many],
      ['approve window/w1', 'window/w1'],
    ]);
  });
  it('names those of signals as their workflow heard them, and tells as it came what nobody can tell', async () => {
    const heard = { by: 'ann', heeded: true, text: 'approve' };
    const said = [
      { ...heard, at: 12, signal: { say: 'approve' as const, gates: ['approve-reboot/w1'] } },
      { at: 12, heeded: false, text: 'approve: no gate waits', signal: { say: 'approve' as const, gates: [] } },
      { ...heard, at: 12, text: 'approve of an update' },
      { ...heard, at: 12, signal: { say: 'reject' as const, gates: ['approve-reboot/w2'] } },
    ];
    const spoken = [
      word('approve', 9, { heardAt: 10 }),
      word('approve', 10, { heardAt: 12 }),
      word('reject', 11, { heardAt: 12, input: ['w2'] }),
      word('approve', 11.5, { heardAt: 12 }),
    ];
    const told = [
      ['approve'],
      ['approve reboot/w1', 'approve-reboot/w1'],
      ['reject reboot/w2', 'approve-reboot/w2'],
      ['approve'],
    ];
    expect(await rowsOf(spoken, { ...asking, said })).toEqual([...told, ['(not heeded) approve: no gate waits']]);
    expect(await rowsOf(spoken, nobody)).toEqual([['approve'], ['approve'], ['reject w2'], ['approve']]);
  });
});

describe('--approve-before and --window', () => {
  const none = { approvalExpires: undefined, approvalOutcome: undefined };
  it('know steps and places of the operation', () => {
    expect(
      readApprovals(removeNode, {
        approveBefore: ['drain:once,each-master'],
        approvalExpires: '24h',
        approvalOutcome: 'reject',
      }),
    ).toEqual([
      { before: 'drain', per: 'once', outcome: 'reject', expires: '24h' },
      { before: 'each-master', per: 'host', outcome: 'reject', expires: '24h' },
    ]);
  });
  it.each([
    ['drian', /no step drian/, 'Did you mean drain?'],
    ['each-mastr', /no step each-mastr/, 'Did you mean each-master?'],
    ['drain:twice', /does not know drain:twice/, 'After the colon stands one of: host, batch, once.'],
  ])('refuse %s', (word, message, hint) => {
    expect(() => readApprovals(removeNode, { ...none, approveBefore: [word] })).toThrow(message);
    try {
      readApprovals(removeNode, { ...none, approveBefore: [word] });
    } catch (error) {
      expect(error).toMatchObject({ code: 'KHA1001', hint });
    }
  });
  it('refuse what would ask nothing', () => {
    expect(() => readApprovals(addWorker, { ...none, approveBefore: ['each-master'] })).toThrow(/takes no node away/);
    expect(() => readApprovals(removeNode, { ...none, approveBefore: [], approvalExpires: '24h' })).toThrow(
      /Nothing is to be/,
    );
    expect(() => readApprovals(removeNode, { ...none, approveBefore: ['drain'], approvalExpires: 'soon' })).toThrow(
      /duration/,
    );
  });
  it('read windows', () => {
    expect(readWindows([])).toBeUndefined();
    expect(readWindows(['any'])).toEqual([]);
    expect(readWindows(['Sat,Sun 01:00-05:00 Europe/Berlin'])).toEqual(['Sat,Sun 01:00-05:00 Europe/Berlin']);
    expect(() => readWindows(['Sam 01:00-05:00'])).toThrow(/--window has no days that are known: Sam/);
  });
});

describe('a plan with gates', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await clusterFrom(
      '{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4, w2: 10.0.0.5}, masters: [m1], approvals: {rules: [start, {before: drain, expires: 24h, outcome: reject}]}, maintenance: {window: "Sat 01:00-05:00 Europe/Berlin"}}',
    );
  });
  it('shows them before what they are about', () => {
    const left = withoutHosts(cluster, ['w1', 'w2']);
    const { plan } = makePlan(removeNode, left, assumedFacts(cluster), {
      leaving: { names: ['w1', 'w2'], before: cluster },
    });
    expect(planTree(plan, removeNode, { width: 100, paint: plain, digest: false }).join('\n')).toMatchInlineSnapshot(`
      "remove-node · t · 6 tasks on 2 hosts
      ├─ approve-start  Approval before the start
      │     asks once; for as long as it takes
      │     rejected: the operation ends
      ├─ approve-drain  Approval before drain
      │     after approve-start
      │     asks 2 times: w1 → w2; for 1d, then: reject
      │     rejected: the operation ends
      ├─ window  Maintenance window
      │     after approve-drain
      │     w1 → w2
      │     holds until Sat 01:00-05:00 Europe/Berlin; a host counts as 15 minutes
      ├─ drain  Drain the nodes
      │     after window
      │     w1, w2
      ├─ delete-node  Delete the nodes
      │     after drain
      │     w1, w2
      └─ reset-host  Reset the hosts
            after drain, delete-node
            w1, w2"
    `);
  });
});
