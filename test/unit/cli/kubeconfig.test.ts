import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { entryFrom } from '../../../src/cli/kubeconfig/entry.ts';
import { mergeKubeconfig, standalone } from '../../../src/cli/kubeconfig/merge.ts';
import { kubeconfigPaths, readKubeconfigs, writeKubeconfig } from '../../../src/cli/kubeconfig/write.ts';

const adminConf = `apiVersion: v1
kind: Config
clusters:
- {name: kubernetes, cluster: {certificate-authority-data: Q0E=, server: 'https://127.0.0.1:8443'}}
users:
- {name: kubernetes-admin, user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}}
contexts:
- {name: kubernetes-admin@kubernetes, context: {cluster: kubernetes, user: kubernetes-admin}}
current-context: kubernetes-admin@kubernetes
`;
const entry = entryFrom(adminConf, { cluster: 'demo', context: 'demo', server: 'https://10.0.0.1:6443' });
const other = `# mine
apiVersion: v1
kind: Config
clusters:
- name: work  # do not touch
  cluster: {server: 'https://work:6443'}
users:
- name: work
  user: {token: x}
contexts:
- name: work
  context: {cluster: work, user: work}
current-context: work
`;
interface Config {
  clusters: { name: string; cluster: { server: string } }[];
  contexts: { name: string }[];
  users: { name: string }[];
  'current-context': string;
}
const read = (text: string | undefined): Config => parse(text ?? '') as Config;

describe('mergeKubeconfig', () => {
  it('makes a file where there is none', () => {
    const [made] = mergeKubeconfig([{ path: 'a', text: undefined }], entry);
    expect(read(made?.text)).toEqual(read(standalone(entry)));
    expect(made?.text).toBe(standalone(entry));
    const bare = 'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n';
    expect(mergeKubeconfig([{ path: 'a', text: bare }], entry)[0]?.text).toBe(standalone(entry));
    expect(read(made?.text).clusters[0]?.cluster.server).toBe('https://10.0.0.1:6443');
  });

  it('leaves other entries and comments as they are, and makes the context current', () => {
    const [made, ...more] = mergeKubeconfig([{ path: 'a', text: other }], entry);
    expect(more).toEqual([]);
    expect(made?.text).toContain('# mine');
    expect(made?.text).toContain('- name: work # do not touch');
    const config = read(made?.text);
    expect(config.clusters.map((c) => c.name)).toEqual(['work', 'demo']);
    expect(config['current-context']).toBe('demo');
  });

  it('replaces an entry of the same name in the file that defines it', () => {
    const [first] = mergeKubeconfig([{ path: 'b', text: undefined }], entry);
    const moved = entryFrom(adminConf, { cluster: 'demo', context: 'demo', server: 'https://10.0.0.9:8443' });
    const files = [
      { path: 'a', text: other },
      { path: 'b', text: first?.text },
    ];
    const changed = mergeKubeconfig(files, moved);
    expect(changed.map((c) => c.path)).toEqual(['a', 'b']);
    expect(read(changed[1]?.text).clusters).toEqual([
      expect.objectContaining({ cluster: expect.objectContaining({ server: 'https://10.0.0.9:8443' }) }),
    ]);
    // kubectl reads the current context from the first file that has one.
    expect(read(changed[0]?.text)['current-context']).toBe('demo');
  });

  it('puts new entries into the first file that exists, else into the last', () => {
    expect(
      mergeKubeconfig(
        [
          { path: 'a', text: undefined },
          { path: 'b', text: other },
        ],
        entry,
      ).map((c) => c.path),
    ).toEqual(['b']);
    expect(
      mergeKubeconfig(
        [
          { path: 'a', text: undefined },
          { path: 'b', text: undefined },
        ],
        entry,
      ).map((c) => c.path),
    ).toEqual(['b']);
  });

  it('changes nothing the second time', () => {
    const [made] = mergeKubeconfig([{ path: 'a', text: other }], entry);
    expect(mergeKubeconfig([{ path: 'a', text: made?.text }], entry)).toEqual([]);
  });

  it('refuses a file that it can not read', () => {
    expect(() => mergeKubeconfig([{ path: 'a', text: '{{' }], entry)).toThrow(
      expect.objectContaining({ code: 'KHA1021' }),
    );
    expect(() => entryFrom('nonsense', { cluster: 'a', context: 'a', server: 's' })).toThrow(
      expect.objectContaining({ code: 'KHA1020' }),
    );
  });
});

describe('writeKubeconfig', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kha-kubeconfig-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('keeps a backup, and both are 0600', async () => {
    const path = join(dir, 'config');
    writeFileSync(path, 'old', { mode: 0o644 });
    const backup = await writeKubeconfig(path, 'new');
    expect([readFileSync(path, 'utf8'), readFileSync(backup ?? '', 'utf8')]).toEqual(['new', 'old']);
    for (const file of [path, backup ?? '']) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('respects the lock of kubectl', async () => {
    const path = join(dir, 'config');
    writeFileSync(`${path}.lock`, '');
    await expect(writeKubeconfig(path, 'new')).rejects.toMatchObject({ code: 'KHA1022' });
    expect(await readKubeconfigs([path])).toEqual([{ path, text: undefined }]);
  });

  it('finds the files as kubectl does', () => {
    expect(kubeconfigPaths({ HOME: '/h' })).toEqual(['/h/.kube/config']);
    expect(kubeconfigPaths({ HOME: '/h', KUBECONFIG: '/a::/b:/a' })).toEqual(['/a', '/b']);
  });
});
