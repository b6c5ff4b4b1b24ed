import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { loadSource } from '../../src/config/load.ts';
import { readYaml } from '../../src/config/yaml-source.ts';

export const goldenDirectory = fileURLToPath(new URL('../golden', import.meta.url));

/** Names of the golden clusters. */
export const topologies = readdirSync(goldenDirectory, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

/** A cluster from the text of a cluster file, complete and checked as the real one is. */
export async function clusterFrom(text: string): Promise<Cluster> {
  return (await loadSource(readYaml([{ name: 'cluster.yaml', text }]))).cluster;
}

/** The cluster of `test/golden/<topology>/cluster.yaml`. */
export const goldenCluster = (topology: string): Promise<Cluster> =>
  clusterFrom(readFileSync(`${goldenDirectory}/${topology}/cluster.yaml`, 'utf8'));
