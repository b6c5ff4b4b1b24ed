import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { KhaError } from '../../../src/cluster/error.ts';
import { validateCluster } from '../../../src/cluster/validate.ts';
import { loadCatalogue } from '../../../src/config/catalogue.ts';
import { diffClusters } from '../../../src/config/diff.ts';
import { normalise } from '../../../src/config/normalise.ts';
import { clusterFile } from '../../../src/config/schema/cluster.ts';
import {
  leavingHosts,
  type Stage,
  type StagesOptions,
  stagesBetween,
  demandSettings,
} from '../../../src/config/stages.ts';

const catalogue = loadCatalogue();

interface Shape {
  masters: string[];
  workers?: string[];
  etcd?: string[];
  lb?: string[];
  /** Addresses that are not those which the names have elsewhere. */
  at?: Record<string, string>;
  more?: Record<string, unknown>;
}

const NAMES = ['m1', 'm2', 'm3', 'm4', 'm5', 'w1', 'w2', 'w3', 'e1', 'e2', 'e3'];

function clusterOf({ masters, workers = [], etcd = masters, lb = [], at = {}, more = {} }: Shape): Cluster {
  const names = [...new Set([...masters, ...workers, ...etcd, ...lb])];
  const hosts = Object.fromEntries(names.map((n) => [n, at[n] ?? `10.0.0.${NAMES.indexOf(n) + 11}`]));
  const input = { name: 't', hosts, masters, workers, etcd: { hosts: etcd }, ...more };
  const { cluster } = normalise(clusterFile.parse(input), { catalogue, sshConfig: new Map() });
  if (!cluster) throw new Error(`no cluster: ${JSON.stringify(input)}`);
  return cluster;
}

const brief = ({ operation, targets, leaving }: Stage): string =>
  [operation, ...(targets ?? leaving?.map((n) => `-${n}`) ?? [])].join(' ');
const way = (from: Shape, to: Shape, options?: StagesOptions): string[] =>
  stagesBetween(clusterOf(from), clusterOf(to), options).map(brief);

function refusals(from: Shape, to: Shape): string {
  try {
    stagesBetween(clusterOf(from), clusterOf(to));
  } catch (error) {
    if (error instanceof KhaError && error.code === 'KHA2001')
      return error.findings.map((f) => `${f.path}: ${f.message} → ${f.hint}`).join('\n');
    throw error;
  }
  throw new Error('it was not refused');
}

const three = { masters: ['m1', 'm2', 'm3'], workers: ['w1'] };

describe('the way from a cluster to another', () => {
  it.each<[string, Shape, Shape, string[]]>([
    ['is none where nothing differs', three, three, []],
    ['adds workers together', three, { ...three, workers: ['w1', 'w2', 'w3'] }, ['add-worker w2 w3']],
    [
      'removes workers together, masters one after another, and workers first',
      { masters: ['m1', 'm2', 'm3'], workers: ['w1', 'w2', 'w3'] },
      { masters: ['m1'], workers: ['w1'] },
      ['remove-node -w2 -w3', 'remove-node -m2', 'remove-node -m3'],
    ],
    [
      'adds before it removes, and etcd has four members for a while rather than two',
      three,
      { masters: ['m1', 'm2', 'm4'], workers: ['w2'] },
      ['add-master m4', 'add-worker w2', 'add-etcd m4', 'remove-node -w1', 'remove-node -m3'],
    ],
    ['grows from one to three', { masters: ['m1'], workers: ['w1'] }, three, ['add-master m2 m3', 'add-etcd m2 m3']],
    [
      'gives etcd hosts of their own that are new or there',
      { masters: ['m1'], workers: ['w1'] },
      { masters: ['m1'], workers: ['w1'], etcd: ['m1', 'w1', 'e1'] },
      ['add-etcd w1 e1'],
    ],
    [
      'makes a new host master and worker at once',
      { masters: ['m1'], workers: ['m1'] },
      { masters: ['m1', 'm2'], workers: ['m1', 'm2', 'w1'], etcd: ['m1'] },
      ['add-master m2', 'add-worker w1'],
    ],
    [
      'makes masters and workers of members of etcd',
      { masters: ['m1'], etcd: ['e1', 'e2', 'e3'] },
      { masters: ['m1', 'e1'], workers: ['e2'], etcd: ['e1', 'e2', 'e3'] },
      ['add-master e1', 'add-worker e2'],
    ],
    [
      'changes settings last, for all hosts that there are then',
      three,
      { ...three, workers: ['w2'], more: { kubernetes: { maxPods: 200 } } },
      ['add-worker w2', 'remove-node -w1', 'init-cluster'],
    ],
    [
      'takes how kha works, and how hosts are reached, along',
      three,
      { ...three, workers: ['w1', 'w2'], more: { drain: { force: true }, parallelism: 7, ssh: { user: 'ops' } } },
      ['add-worker w2'],
    ],
    [
      'records even that by init-cluster, where nothing else is to do',
      three,
      { ...three, more: { parallelism: 7 } },
      ['init-cluster'],
    ],
    ['sees that masters change their order', three, { ...three, masters: ['m2', 'm1', 'm3'] }, ['init-cluster']],
    [
      'puts hosts where the file has them',
      { masters: ['m2', 'm3'], etcd: ['m2'] },
      { masters: ['m1', 'm2', 'm4', 'm3'], etcd: ['m2'] },
      ['add-master m1 m4'],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(way(from, to)).toEqual(expected);
  });

  it.each<[string, Shape, Shape, string[]]>([
    ['makes a worker of a master as well', three, { ...three, workers: ['w1', 'm3'] }, ['add-worker m3']],
    [
      'takes roles from hosts that keep others, when others have come',
      { masters: ['m1', 'm2', 'm3'], workers: ['w1', 'm1'] },
      { masters: ['m1', 'm2'], workers: ['w1', 'w2', 'm3'], etcd: ['m1', 'm2', 'w1'] },
      ['add-worker w2 m3', 'add-etcd w1', 'remove-worker -m1', 'remove-master -m3', 'remove-etcd -m3'],
    ],
    [
      'moves etcd off the masters',
      three,
      { ...three, etcd: ['e1', 'e2', 'e3'] },
      ['add-etcd e1 e2 e3', 'remove-etcd -m1 -m2 -m3'],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(way(from, to)).toEqual(expected);
  });

  describe('where nodes go another way to the API', () => {
    const external = (more: object = {}): Shape => ({
      ...three,
      more: { loadBalancer: { mode: 'slb', address: '10.0.0.9', ...more } },
    });
    const virtual = (hosts: string[], more: object = {}): Shape => ({
      ...three,
      lb: hosts,
      more: { loadBalancer: { hosts, address: '10.0.0.8', ...more } },
    });
    const local = (more: object): Shape => ({ ...three, more: { loadBalancer: more } });

    it.each<[string, Shape, Shape, string[]]>([
      ['they are led there', three, external(), ['configure-load-balancer']],
      ['by hosts that are there', three, virtual(['m1', 'w1']), ['configure-load-balancer']],
      ['hosts come that carry the address', three, virtual(['e1', 'e2']), ['configure-load-balancer']],
      ['and leave when nobody needs them', virtual(['e1', 'e2']), three, ['configure-load-balancer -e1 -e2']],
      ['an outside balancer may have another port', external(), external({ port: 443 }), ['configure-load-balancer']],
      [
        'others carry another address',
        virtual(['e1', 'e2']),
        virtual(['m1', 'm2'], { address: '10.0.0.7', port: 9443 }),
        ['configure-load-balancer -e1 -e2'],
      ],
      [
        'after hosts have come, and before others leave',
        { ...three, workers: ['w1', 'w2'] },
        { ...virtual(['m1', 'w3']), workers: ['w2', 'w3'] },
        ['add-worker w3', 'configure-load-balancer', 'remove-node -w1'],
      ],
      [
        'other settings of the load balancer go along',
        three,
        { ...external(), more: { loadBalancer: { mode: 'slb', address: '10.0.0.9' }, kubernetes: { maxPods: 90 } } },
        ['configure-load-balancer', 'init-cluster'],
      ],
      ['not where only the program changes', three, local({ mode: 'haproxy' }), ['init-cluster']],
    ])('%s', (_, from, to, expected) => {
      expect(way(from, to)).toEqual(expected);
    });

    it('two that can not stand side by side are refused', () => {
      expect(refusals(three, local({ port: 9443 }))).toContain(
        'listens at one port alone: 8443, not 9443. → Write 8443.',
      );
      expect(refusals(three, virtual(['m1', 'm2'], { mode: 'haproxy' }))).toContain(
        "m1, m2 would have one proxy for both ways, and it can't become another meanwhile",
      );
      expect(refusals(virtual(['m1', 'm2']), virtual(['m2', 'm3'], { address: '10.0.0.7' }))).toContain(
        "m2 carry 10.0.0.8, and can't carry 10.0.0.7 beside it.",
      );
      expect(refusals(external({ address: '10.0.0.8', port: 443 }), virtual(['m1', 'm2']))).toContain(
        '10.0.0.8 would be in two places at once, at 443 and 8443.',
      );
    });

    it('init-cluster says who leads them', () => {
      expect(() => demandSettings(clusterOf(three), clusterOf(external()))).toThrow(
        expect.objectContaining({
          findings: [expect.objectContaining({ hint: expect.stringContaining('configure-load-balancer -f') })],
        }),
      );
    });
  });

  it.each([
    ['podSubnet', '10.200.0.0/16'],
    ['serviceSubnet', '10.97.0.0/16'],
    ['dnsDomain', 'other.local'],
    ['version', '1.36.3'],
  ])('keeps kubernetes.%s', (name, value) => {
    expect(refusals(three, { ...three, more: { kubernetes: { [name]: value } } })).toContain(
      `kubernetes.${name}: kubernetes.${name} is `,
    );
  });

  it('leaves to init-cluster what init-cluster can do', () => {
    const demand = (to: Shape) => () => demandSettings(clusterOf(three), clusterOf(to));
    expect(demand({ ...three, workers: ['w1', 'w2'], more: { kubernetes: { maxPods: 200 } } })).not.toThrow();
    for (const to of [
      { ...three, masters: ['m1', 'm2'] },
      { ...three, etcd: ['m1'] },
      { ...three, etcd: ['m1', 'm2', 'm3', 'e1', 'e2'] },
      { ...three, more: { etcd: { hosts: three.masters, dataDir: '/data/etcd' } } },
    ])
      expect(demand(to)).toThrow(KhaError);
  });

  it('lets dead hosts go first where it is told so', () => {
    const to = { masters: ['m1', 'm2', 'm4'], workers: ['w2'] };
    expect(way(three, to, { removeFirst: ['m3'] })).toEqual([
      'remove-node -m3',
      'add-master m4',
      'add-worker w2',
      'add-etcd m4',
      'remove-node -w1',
    ]);
    const renamed = { ...three, workers: ['w2'], at: { w2: '10.0.0.16' } };
    expect(way(three, renamed, { removeFirst: ['w1'] })).toEqual(['remove-node -w1', 'add-worker w2']);
  });

  it('is refused with everything that no operation can do', () => {
    expect(
      refusals(
        { masters: ['m1', 'm2', 'm3'], workers: ['w1', 'w2', 'w3'] },
        { masters: ['m1', 'w2'], workers: ['m1', 'w1'], etcd: ['m1'], at: { w1: '10.0.0.99' } },
      ),
    ).toMatchInlineSnapshot(`
      "hosts.w1.address: w1 is recorded with the address 10.0.0.16, not 10.0.0.99. → Give the new machine another name; or, to keep the name: Take w1 out of the file and apply that; then put it in again, and apply again.
      masters: w2 is a worker; a node can't become a master where it stands. → Take w2 out of the file and apply that; then put it in again, and apply again."
    `);
    expect(refusals(three, { ...three, more: { nodeNames: 'address' } })).toContain(
      "m1 is the node m1; it can't become 10.0.0.11.",
    );
  });

  it('is refused where it would lead through a cluster that is not valid', () => {
    expect(refusals(three, { ...three, workers: ['w2'], at: { w2: '10.0.0.16' } })).toMatchInlineSnapshot(
      `"hosts.w1.address: After add-worker of w2: Hosts w2 and w1 have the same address 10.0.0.16. → Apply the change in two files, one after the other; or let hosts go before others come: --remove-first HOST"`,
    );
  });
});

const some = fc.subarray(NAMES);
const shape: fc.Arbitrary<Shape> = fc.record({
  masters: fc
    .subarray(NAMES, { minLength: 1, maxLength: 4 })
    .chain((list) => fc.shuffledSubarray(list, { minLength: 1 })),
  workers: some,
  etcd: fc.shuffledSubarray(NAMES, { minLength: 1, maxLength: 5 }),
  at: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('10.0.0.11', '10.0.0.16', '10.0.0.50'), {
    maxKeys: 1,
    noNullPrototype: true,
  }),
  more: fc.record(
    {
      parallelism: fc.constantFrom(5, 9),
      kubernetes: fc.constantFrom({ maxPods: 90 }, { podSubnet: '10.200.0.0/22' }),
      ssh: fc.constantFrom({ user: 'ops' }, { port: 8443 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
});
const errors = (cluster: Cluster): string[] =>
  validateCluster(cluster)
    .filter((i) => i.severity === 'error')
    .map((i) => i.message);
const valid = shape.map(clusterOf).filter((cluster) => errors(cluster).length === 0);

describe('from any cluster to any other', () => {
  /** The declared one with fewer or more hosts, so that most ways are possible. */
  const pair = fc.oneof(
    fc.tuple(valid, valid),
    fc.tuple(shape, some, some, some).map(([s, m, w, e]) => {
      const without = (list: string[], gone: string[]): string[] => list.filter((n) => !gone.includes(n));
      const gone = new Set([...m, ...w, ...e].filter((n) => !s.masters.includes(n)));
      const left: Shape = {
        ...s,
        workers: without(s.workers ?? [], [...gone]),
        etcd: without(s.etcd ?? [], [...gone]),
      };
      return [clusterOf(s), clusterOf(left)] as [Cluster, Cluster];
    }),
  );
  const both = pair.chain(([a, b]) => fc.constantFrom<[Cluster, Cluster]>([a, b], [b, a]));
  const question = fc.tuple(both, some);

  it('each step is valid and the last is what is declared, or all of it is refused', () => {
    let found = 0;
    fc.assert(
      fc.property(question, ([[recorded, declared], first]) => {
        fc.pre(errors(recorded).length === 0 && errors(declared).length === 0);
        let stages: Stage[];
        try {
          stages = stagesBetween(recorded, declared, { removeFirst: first });
        } catch (error) {
          expect(error).toMatchObject({ code: 'KHA2001' });
          return;
        }
        if (stages.length > 1) found++;
        expect(diffClusters(stages.at(-1)?.cluster ?? recorded, declared)).toEqual([]);
        let before = recorded;
        for (const [i, stage] of stages.entries()) {
          expect(errors(stage.cluster).filter((m) => !m.startsWith('etcd has'))).toEqual([]);
          expect(stage.cluster.roles.etcd.length).toBeGreaterThan(0);
          const gone = stage.operation === 'remove-node' ? (stage.leaving ?? []) : [];
          expect(leavingHosts(before, stage.cluster)).toEqual(
            recorded.hosts.map((h) => h.name).filter((n) => gone.includes(n)),
          );
          if (stage.operation !== 'init-cluster' && !isDeepStrictEqual(before.roles, stage.cluster.roles))
            expect(stage.targets ?? stage.leaving).not.toEqual([]);
          const came = leavingHosts(stage.cluster, before);
          if (stage.operation !== 'init-cluster') expect(came.filter((n) => !stage.targets?.includes(n))).toEqual([]);
          // Whoever is killed after it goes on with the rest.
          expect(stagesBetween(stage.cluster, declared, { removeFirst: first }).map(brief)).toEqual(
            stages.slice(i + 1).map(brief),
          );
          before = stage.cluster;
        }
      }),
      { numRuns: 400 },
    );
    expect(found).toBeGreaterThan(20);
  });
});
