import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keep, keptDisk, type LabHost, labDown, labUp } from '../../lab/lab.ts';
import { places } from '../../lab/places.ts';
import { countKubeadm, createKha, writeClusterFile } from './kha.ts';

/**
 * As `freshHosts`, with packages and images in place, as kha leaves them there: for tests of what comes after. Made once for each build
 * of kha and of the lab.
 */
export async function readyHosts(count: number): Promise<LabHost[]> {
  const layer = await readyDisk();
  await labDown();
  const hosts = await labUp(count, { layer });
  await Promise.all(hosts.map((host) => countKubeadm(host.name)));
  return hosts;
}

/** The disk that such hosts start with. Takes the lab down where it has to be made. */
export async function readyDisk(): Promise<string> {
  const name = `ready-${buildOf()}`;
  const there = keptDisk(name);
  if (there !== undefined) return there;
  await labDown();
  const hosts = await labUp(1);
  const kha = await createKha();
  try {
    await kha.serve();
    const file = writeClusterFile(kha, { hosts, masters: 1, workers: 0, name: 'ready' });
    const steps = 'package-repositories,container-runtime,kubernetes-packages,images';
    await kha.ok('start-workflow', 'init-cluster', '-f', file, '--only', steps);
  } finally {
    await kha.close();
  }
  return keep('h1', name);
}

/** The built kha, and what the lab's hosts and mirror are made of. */
function buildOf(): string {
  const dist = fileURLToPath(new URL('../../dist', import.meta.url));
  const hash = createHash('sha256').update(readdirSync(places.pieces).sort().join('\n'));
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(dist, path);
    if (statSync(file).isFile()) hash.update(`\0${path}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}
