import type { Ports } from '../../../src/activities/ports.ts';
import { describe, expect, it } from 'vitest';
import { previewDrain } from '../../../src/activities/preview-drain.ts';
import type { Reader } from '../../../src/activities/session.ts';
import { type Cluster, hostNamed } from '../../../src/cluster/cluster.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { removeNode } from '../../../src/operations/remove-node.ts';
import { plain } from '../../../src/cli/colour.ts';
import { previewLines } from '../../../src/cli/ui/preview.ts';
import { withoutHosts } from '../../../src/config/remove-hosts.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

const cluster = await clusterFrom('{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4}, masters: [m1], workers: [w1]}');

const evicting = (...pods: string[]): string =>
  ['node/w1 cordoned (server dry run)', ...pods.map((p) => `evicting pod ${p} (server dry run)`)].join('\n');

/** What kubectl 1.37 says. */
const BARE =
  'error: unable to drain node "w1" due to error: [cannot delete Pods that declare no controller (use --force to override): default/both, default/bare, cannot delete daemonsets.apps "gone" not found: kube-system/gone-x1], continuing command...\nThere are pending nodes to be drained:\n w1\ncannot delete Pods that declare no controller (use --force to override): default/both, default/bare\n';
const LOCAL =
  'error: unable to drain node "w1" due to error: cannot delete Pods with local storage (use --delete-emptydir-data to override): default/both, shop/cache-7d4, continuing command...\n';
const BUDGET =
  'Warning: deleting Pods that declare no controller: default/bare\nerror when evicting pods/"web-1" -n "shop" (will retry after 5s): Cannot evict pod as it would violate the pod\'s disruption budget.\nThere are pending pods in node "w1" when an error occurred: error when evicting pods/"web-1" -n "shop": global timeout reached: 1s\n';

interface World {
  ready?: 'True' | 'Unknown';
  node?: boolean;
  bare?: string;
  local?: string;
  evictions?: { exitCode: number; stdout: string; stderr: string };
  budgets?: string;
}

function previewOf(world: World, drain: Partial<Cluster['drain']> = {}) {
  const asked: string[] = [];
  const result = (stdout: string, stderr = '', exitCode = 0) => ({
    exitCode,
    stdout,
    stderr,
    startedAt: 0,
    endedAt: 0,
  });
  const reader = (name: string): Reader => {
    const look: Reader['look'] = async (title, command) => {
      asked.push(command.text);
      if (title.startsWith('is the API server')) return result('ok');
      if (title === 'look at node w1')
        return result(
          world.node === false
            ? ''
            : JSON.stringify({ spec: {}, status: { conditions: [{ type: 'Ready', status: world.ready ?? 'True' }] } }),
        );
      if (title === 'which budgets allow no disruption') return result(world.budgets ?? '');
      if (title.endsWith('--force')) return result('', world.bare, world.bare ? 1 : 0);
      if (title.endsWith('--delete-emptydir-data')) return result('', world.local, world.local ? 1 : 0);
      if (title.startsWith('what could be evicted')) {
        const { exitCode = 0, stdout = evicting('default/web-1'), stderr = '' } = world.evictions ?? {};
        return result(stdout, stderr, exitCode);
      }
      throw new Error(`nobody asks this: ${title}`);
    };
    return { host: hostNamed(cluster, name), look, read: async (t, c) => (await look(t, c)).stdout };
  };
  const scope = {
    cluster: { ...cluster, drain: { ...cluster.drain, ...drain } },
    next: withoutHosts(cluster, ['w1']),
    ports: {} as Ports,
    facts: {},
    reader,
  };
  return { lines: previewDrain(scope, 'w1'), asked };
}

describe('the preview of a drain', () => {
  it('counts pods where nothing blocks', async () => {
    const { lines, asked } = previewOf({ evictions: { exitCode: 0, stdout: evicting('a/x', 'a/y'), stderr: '' } });
    expect(await lines).toEqual([{ title: '2 pods leave node w1', outcome: 'differs', state: 'Ready' }]);
    const drains = asked.filter((text) => text.includes('drain w1'));
    expect(drains).toHaveLength(3);
    for (const text of drains) expect(text).toContain('--dry-run=server');
  });

  it('names pods without a controller and those with data, and the word that lets them go', async () => {
    const lines = await previewOf({ bare: BARE, local: LOCAL }).lines;
    expect(lines.slice(1).map((l) => `${l.outcome} ${l.title}: ${l.state} (${l.hint})`)).toMatchInlineSnapshot(`
      [
        "blocks pod default/bare: has no controller (move it yourself, or --drain force; nobody makes it anew then)",
        "blocks pod default/both: has no controller (move it yourself, or --drain force; nobody makes it anew then)",
        "blocks pod kube-system/gone-x1: has no controller (move it yourself, or --drain force; nobody makes it anew then)",
        "blocks pod default/both: has data in an emptyDir (move it yourself, or --drain delete-emptydir-data; the data is lost then)",
        "blocks pod shop/cache-7d4: has data in an emptyDir (move it yourself, or --drain delete-emptydir-data; the data is lost then)",
      ]
    `);
  });

  it('asks nothing of what may go', async () => {
    const { lines, asked } = previewOf({ bare: BARE, local: LOCAL }, { force: true, deleteEmptyDirData: true });
    expect((await lines).filter((l) => l.outcome === 'blocks')).toEqual([]);
    expect(asked.filter((text) => text.includes('drain w1'))).toHaveLength(1);
  });

  it('names the pods that the server would not evict, and the budgets of their namespace', async () => {
    const evictions = { exitCode: 1, stdout: evicting('shop/web-1', 'shop/web-1', 'default/a'), stderr: BUDGET };
    const lines = await previewOf({ evictions, budgets: 'shop web 2 2\nother db 1 1\n' }).lines;
    expect(lines[0]?.title).toBe('2 pods leave node w1');
    expect(lines.slice(1)).toEqual([
      {
        title: 'pod shop/web-1',
        outcome: 'blocks',
        state: 'budgets that allow no disruption now: shop/web (2 healthy, 2 wanted)',
        hint: 'give the budget room, or more time than the drain has: --drain timeout=SECONDS',
      },
    ]);
  });

  it('says of a dead node that nobody waits for its pods, and of one that is gone that it is', async () => {
    expect((await previewOf({ ready: 'Unknown' }).lines)[0]?.state).toMatch('does not answer');
    expect(await previewOf({ node: false }).lines).toEqual([
      { title: 'node w1', outcome: 'same', state: 'is no node any more' },
    ]);
  });

  it('fails where kubectl fails for another reason', async () => {
    const evictions = { exitCode: 1, stdout: '', stderr: 'Unable to connect to the server: EOF' };
    await expect(previewOf({ evictions }).lines).rejects.toMatchObject({
      code: 'KHA3200',
      lastLines: ['Unable to connect to the server: EOF'],
    });
  });

  it('stands among what would change', async () => {
    const { plan } = makePlan(removeNode, withoutHosts(cluster, ['w1']), bareFacts(cluster), {
      leaving: { names: ['w1'], before: cluster },
    });
    const lines = await previewOf({ bare: BARE }).lines;
    const text = previewLines({ plan, findings: [], tasks: [{ id: 'drain/w1', lines }] }, plain).join('\n');
    expect(text).toContain('! pod default/bare  has no controller\n        → move it yourself');
    expect(text).toContain('3 things would hold it up.');
  });
});
