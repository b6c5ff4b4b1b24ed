import { describe, expect, it } from 'vitest';
import { drainNode, uncordonNode } from '../../../src/activities/nodes.ts';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const cluster = await clusterFrom('{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4}, masters: [m1]}');

interface Patch {
  metadata?: { annotations?: Record<string, string | null> };
  spec?: { unschedulable: boolean | null };
}

/** A node, and the API server's memory of who cordoned it; with what kubectl is asked of it. */
function node() {
  let annotation: string | undefined;
  let cordonedBy: string | undefined;
  const read = async (_: string, { text }: { text: string }): Promise<string> => {
    if (text.includes(' get node ')) {
      expect(text).toContain('--show-managed-fields');
      const managedFields = [
        { manager: 'kubelet', fieldsV1: { 'f:status': {} } },
        ...(cordonedBy === undefined
          ? []
          : [{ manager: cordonedBy, fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } }]),
      ];
      return JSON.stringify({
        metadata: { managedFields, annotations: annotation === undefined ? {} : { 'kha/cordoned-by': annotation } },
        spec: cordonedBy === undefined ? {} : { unschedulable: true },
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
    const [, manager = '', json = '{}'] = /--field-manager '?(\w+)'? .* -p '(.*)'/.exec(text) ?? [];
    const { metadata, spec } = JSON.parse(json) as Patch;
    const given = metadata?.annotations?.['kha/cordoned-by'];
    if (given !== undefined) annotation = given ?? undefined;
    if (spec) cordonedBy = spec.unschedulable ? manager : undefined;
    return '';
  };
  const session = () => ({ read, look: async () => ({ exitCode: 0, stdout: '' }), job: async () => ({ exitCode: 0 }) });
  const scope = { cluster, next: cluster, session } as unknown as TaskScope;
  return {
    drain: () => drainNode(scope, 'w1', 'run-a'),
    uncordon: () => uncordonNode(scope, 'w1'),
    byHand: (isCordoned: boolean) => (cordonedBy = isCordoned ? 'kubectl-cordon' : undefined),
    state: () => ({ annotation, cordonedBy }),
  };
}

describe('a node', () => {
  it('that kha cordons takes pods again in the end, also by an operation that comes later', async () => {
    const n = node();
    await n.drain();
    expect(n.state()).toEqual({ annotation: 'run-a', cordonedBy: 'kha' });
    expect(await n.uncordon()).toEqual({ changed: true, detail: 'takes pods again' });
    expect(n.state()).toEqual({ annotation: undefined, cordonedBy: undefined });
    expect(await n.uncordon()).toEqual({ changed: false, detail: 'takes pods' });
  });

  it('that somebody had cordoned before stays so', async () => {
    const n = node();
    n.byHand(true);
    await n.drain();
    expect(await n.uncordon()).toMatchObject({ changed: false });
    expect(n.state()).toEqual({ annotation: undefined, cordonedBy: 'kubectl-cordon' });
  });

  it('that somebody uncordoned by hand, and cordoned later, stays so: what kha left there counts no more', async () => {
    const n = node();
    await n.drain();
    n.byHand(false);
    n.byHand(true);
    await n.drain();
    expect(await n.uncordon()).toEqual({ changed: false, detail: 'stays cordoned, as somebody did it since' });
    expect(n.state()).toEqual({ annotation: undefined, cordonedBy: 'kubectl-cordon' });
  });

  it('that somebody uncordoned by hand loses the mark, and kha cordons it anew', async () => {
    const n = node();
    await n.drain();
    n.byHand(false);
    expect(await n.uncordon()).toMatchObject({ changed: false });
    expect(n.state().annotation).toBeUndefined();
    await n.drain();
    expect(n.state()).toEqual({ annotation: 'run-a', cordonedBy: 'kha' });
  });
});
