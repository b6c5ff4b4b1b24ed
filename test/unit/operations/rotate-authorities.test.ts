import { beforeAll, describe, expect, it } from 'vitest';
import { readDeclaration } from '../../../src/cli/declaration.ts';
import { demandSteps } from '../../../src/cli/demand-steps.ts';
import { operationFor } from '../../../src/cli/renewal-options.ts';
import { assumedFacts } from '../../../src/cluster/assumed-facts.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { makePlan, type PlanOptions } from '../../../src/graph/make-plan.ts';
import type { Task } from '../../../src/graph/task.ts';
import { rotateAuthorities } from '../../../src/operations/rotate-authorities.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { fakeContext } from '../cli/fake-context.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await clusterFrom(
    '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, e1: 10.0.0.3, w1: 10.0.0.4}, masters: [m1, m2], etcd: [e1], workers: [w1]}',
  );
});

const tasksOf = (options: PlanOptions = {}): Task[] =>
  makePlan(rotateAuthorities, cluster, assumedFacts(cluster, true), options).plan.tasks;
/** All that is done before a task begins. */
function before(tasks: readonly Task[], id: string): Set<string> {
  const found = new Set<string>();
  const follow = (of: string): void => {
    for (const need of tasks.find((t) => t.id === of)?.needs ?? [])
      if (!found.has(need)) {
        found.add(need);
        follow(need);
      }
  };
  follow(id);
  return found;
}
const stage = (tasks: readonly Task[], id: string): string[] =>
  tasks.filter((t) => [id, `${id}-kubelets`, `${id}-control-plane`].includes(t.step)).map((t) => t.id);

describe('the plan of a replacement of authorities', () => {
  it('has each stage on all hosts with certificates, those of etcd that are no nodes too', () => {
    const tasks = tasksOf();
    for (const id of ['trust-both', 'issue-anew', 'trust-new'])
      expect(stage(tasks, id).sort()).toEqual(
        [
          ...['e1', 'm1', 'm2', 'w1'].map((host) => `${id}/${host}`),
          ...['m1', 'm2', 'w1'].map((host) => `${id}-kubelets/${host}`),
          ...['e1', 'm1', 'm2'].map((host) => `${id}-control-plane/${host}`),
        ].sort(),
      );
  });

  it('no stage begins anywhere before the one before it is over everywhere', () => {
    const tasks = tasksOf();
    const inOrder = (first: string[], then: string[]): void => {
      expect(first.length).toBeGreaterThan(0);
      expect(then.length).toBeGreaterThan(0);
      for (const id of then) {
        const done = before(tasks, id);
        expect(first.filter((f) => !done.has(f))).toEqual([]);
      }
    };
    const of = (id: string): string[] => stage(tasks, id);
    inOrder(of('sign-apart'), of('trust-new-authorities'));
    inOrder(of('trust-new-authorities'), of('trust-both'));
    inOrder(of('trust-both'), of('sign-with-new-authorities'));
    inOrder(of('tell-of-new-authorities'), of('sign-with-new-authorities'));
    inOrder(of('sign-with-new-authorities'), of('issue-anew'));
    inOrder(of('issue-anew'), of('retire-old-authorities'));
    inOrder(of('retire-old-authorities'), of('trust-new'));
    inOrder(of('trust-new'), of('sign-as-before'));
    inOrder(of('sign-as-before'), of('tell-of-authorities'));
    inOrder(of('tell-of-authorities'), of('authorities-replaced'));
  });

  it('ends where a person says no: no host is left between two authorities while others go on', () => {
    const gates = tasksOf({
      approvals: [{ before: 'each-master', per: 'host', outcome: 'park' }],
      windows: ['Sat 01:00-05:00'],
    });
    const onReject = gates.flatMap(({ gate }) => (gate ? [gate.onReject] : []));
    expect(onReject.length).toBeGreaterThan(2);
    expect(new Set(onReject)).toEqual(new Set(['end']));
  });

  it('is for all hosts and all of its steps', async () => {
    const operation = operationFor('renew-certificates', { rotateCa: true });
    expect(operation).toBe(rotateAuthorities);
    expect(() => operationFor('init-cluster', { rotateCa: true })).toThrow('--rotate-ca is for renew-certificates');
    expect(() => demandSteps(operation, ['trust-both'])).toThrow('No step of rotate-authorities can be left out');
    const choice = { file: [], inventory: undefined, extraVars: [], name: undefined, cluster: 't', host: ['w1'] };
    await expect(readDeclaration(fakeContext(), operation, choice)).rejects.toThrow('none can be left out');
  });
});
