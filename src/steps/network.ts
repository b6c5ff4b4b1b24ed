import { masters } from '../cluster/role.ts';
import { toYaml } from '../formats/yaml.ts';
import { manifest } from '../graph/effects/manifest.ts';
import { step } from '../graph/step.ts';
import { networkOf } from '../parts/network/registry.ts';
import { credentials } from './credentials.ts';
import { initFirstMaster } from './init-first-master.ts';

export const network = step({
  id: 'network',
  title: 'Pod network',
  why: 'Nodes become ready only when pods can talk across them.',
  after: [initFirstMaster],
  afterAll: [credentials],
  hosts: (cluster) => (networkOf(cluster) ? masters(cluster) : []),
  forCluster: true,
  effects: ({ cluster }) => {
    const part = networkOf(cluster);
    return part ? [manifest(part.plugin, toYaml(...part.manifests(cluster)))] : [];
  },
  policy: 'install',
});
