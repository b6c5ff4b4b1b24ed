import { describe, expect, it } from 'vitest';
import { addHosts } from '../../../src/config/add-hosts.ts';
import { editHosts } from '../../../src/config/edit-hosts.ts';
import { removeHosts, withoutHosts } from '../../../src/config/remove-hosts.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const nothing = { ssh: {}, roles: [] };

const BLOCK = `# ours
name: t
hosts:
  # the first
  m1: 10.0.0.1   # in the cellar
  w1:
    address: 10.0.0.4
    ssh:
      user: ops
    # port: 2222

  # the last
  w2: '10.0.0.5'

masters:   [m1]   # odd
workers:
  - w1
  # the last
  - "w2" # two
etcd:
  dataDir: /data
`;

/** The lines that are another one, with the sign of diff. */
function changes(before: string, after: string | undefined): string[] {
  const [a, b] = [before.split('\n'), (after ?? '').split('\n')];
  const lines: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const [x, y] = [a[i], b[j]];
    const isSame = x === y;
    const isNew = !isSame && y !== undefined && !a.slice(i).includes(y);
    if (!isSame) lines.push(isNew ? `+${y}` : `-${x}`);
    if (isSame || !isNew) i++;
    if (isSame || isNew) j++;
  }
  return lines;
}

describe('the hosts of a cluster file that is edited', () => {
  it('come at the end of a block, and comments and form stay', async () => {
    const { cluster } = addHosts(await clusterFrom(BLOCK), 'worker', ['w3=10.0.0.6', 'w4=10.0.0.7']);
    expect(changes(BLOCK, editHosts(BLOCK, cluster, { ssh: { w4: { user: 'ops' } }, roles: [] }))).toEqual([
      '+  w3: 10.0.0.6',
      '+  w4: { address: 10.0.0.7, ssh: { user: ops } }',
      '+  - w3',
      '+  - w4',
    ]);
  });

  it('go with the comments that are within them', async () => {
    const cluster = removeHosts(await clusterFrom(BLOCK), ['w1']);
    expect(changes(BLOCK, editHosts(BLOCK, cluster, nothing))).toEqual([
      '-  w1:',
      '-    address: 10.0.0.4',
      '-    ssh:',
      '-      user: ops',
      '-    # port: 2222',
      '-  - w1',
    ]);
    const last = removeHosts(await clusterFrom(BLOCK), ['w2']);
    expect(changes(BLOCK, editHosts(BLOCK, last, nothing))).toEqual(["-  w2: '10.0.0.5'", '-  - "w2" # two']);
  });

  it('are written in lists that a file left to defaults', async () => {
    const cluster = await clusterFrom(BLOCK);
    expect(changes(BLOCK, editHosts(BLOCK, cluster, { ssh: {}, roles: ['etcd'] }))).toEqual(['+  hosts: [m1]']);
    const following = BLOCK.replace('etcd:\n  dataDir: /data\n', 'etcd: masters # as usual\n');
    expect(changes(following, editHosts(following, cluster, { ssh: {}, roles: ['etcd'] }))).toEqual([
      '+etcd: [m1] # as usual',
      '-etcd: masters # as usual',
    ]);
    const short = 'hosts: {m1: 10.0.0.1}\nname: t';
    const { cluster: two } = addHosts(await clusterFrom(short), 'worker', ['w1=10.0.0.4']);
    expect(editHosts(short, two, { ssh: {}, roles: ['masters', 'workers'] })).toBe(
      'hosts: {m1: 10.0.0.1, w1: 10.0.0.4}\nmasters: [m1]\nworkers: [m1, w1]\nname: t',
    );
  });

  it.each([
    [['a'], '[b, c]'],
    [['b'], '[a, c]'],
    [['c'], '[a, b]'],
    [['a', 'b'], '[c]'],
    [['b', 'c'], '[a]'],
    [['a', 'c'], '[b]'],
  ])('leave a list in one line: %s', async (names, rest) => {
    const text =
      '{name: t, hosts: {m: 10.0.0.9, a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}, masters: [m], workers: [a, b, c]}\n';
    const cluster = withoutHosts(await clusterFrom(text), names);
    const edited = editHosts(text, cluster, nothing) ?? '';
    expect(edited).toContain(`workers: ${rest}`);
    expect(await clusterFrom(edited)).toEqual(cluster);
  });

  it('are not written to what is no cluster file', async () => {
    const cluster = await clusterFrom(BLOCK);
    for (const text of ['', '- a', 'hosts: []', 'hosts: {a: [}'])
      expect(editHosts(text, cluster, nothing)).toBeUndefined();
  });
});
