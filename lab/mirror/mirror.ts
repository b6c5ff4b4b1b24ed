import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { coredns } from '../artifacts/coredns.ts';
import { etcd } from '../artifacts/etcd.ts';
import { goMinor } from '../artifacts/go.ts';
import { companionsOf, kubernetes, kubernetesVersions, newestKubernetes } from '../artifacts/kubernetes.ts';
import { labError } from '../error.ts';
import { hostBase } from '../hosts/base.ts';
import { createHost } from '../hosts/host.ts';
import { debianPackages, ensureDebianPackages, requireGo } from '../machine.ts';
import { mirror, mirrorName } from '../network.ts';
import { buildPieces, isBuilt, removeOutdated } from '../pieces/build.ts';
import type { Piece } from '../pieces/piece.ts';
import { directoryOf } from '../pieces/stamp.ts';
import { places } from '../places.ts';
import type { Progress } from '../progress.ts';
import { answers, waitUntil } from '../wait.ts';
import { mirrorBase } from './mirror-base.ts';
import { registryContent } from './registry.ts';
import { debianRepository, kubernetesRepository } from './repositories.ts';

/** What the mirror serves, by the name under which it does. */
type Content = Record<'apt' | 'debian' | 'registry', Piece>;

/**
 * Build what the mirror of these versions of Kubernetes offers, where it is missing, and let a running mirror offer it. Versions that
 * have been built before stay on offer.
 */
export async function buildMirror(versions: readonly string[] = [newestKubernetes], progress: Progress): Promise<void> {
  const content = contentFor(withBuilt(versions));
  const pieces = [...Object.values(content), mirrorBase()];
  if (!pieces.every(isBuilt)) {
    await requireGo(goMinor);
    await ensureDebianPackages(debianPackages.artifacts, progress.say);
    await buildPieces(pieces, progress);
  }
  offer(content);
  // running hosts still use the file systems that they were started with
  removeOutdated(pieces, [hostBase(), mirrorBase()]);
}

/** Make the mirror host, whose content must have been built. */
export async function createMirror(): Promise<void> {
  await createHost(mirrorName, { base: directoryOf(mirrorBase()), share: places.pieces });
}

/** Wait until a mirror host that was started serves packages and images. */
export async function waitForMirror(): Promise<void> {
  for (const port of [80, 5000]) {
    if (!(await waitUntil(() => answers(mirror.address, port), 30))) {
      throw labError(
        `The mirror host answers on ssh, but not on port ${port}.`,
        'See npm run lab -- ssh mirror systemctl status nginx docker-registry.',
      );
    }
  }
}

function contentFor(versions: readonly string[]): Content {
  const key = versions.join(',');
  return { apt: kubernetesRepository(key), debian: debianRepository(), registry: registryContent(key) };
}

/** These versions and those of which everything has been built, in the order of the table. */
function withBuilt(versions: readonly string[]): string[] {
  versions.forEach(companionsOf); // fails for one that the lab does not know
  return kubernetesVersions.filter((version) => versions.includes(version) || programsAreBuilt(version));
}

/** Whether what only this version has is built; the rest is built anyway. */
function programsAreBuilt(version: string): boolean {
  const companions = companionsOf(version);
  return [kubernetes(version), etcd(companions.etcd), coredns(companions.coredns)].every(isBuilt);
}

/** `current/` of the pieces leads to what is served; it changes in one step, also under a running mirror. */
function offer(content: Content): void {
  const next = join(places.pieces, `current.${process.pid}`);
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { mode: 0o755 });
  for (const [name, piece] of Object.entries(content))
    symlinkSync(join('..', basename(directoryOf(piece))), join(next, name));
  const current = join(places.pieces, 'current');
  const old = join(places.pieces, `old.${process.pid}`);
  rmSync(old, { recursive: true, force: true });
  try {
    renameSync(current, old);
  } catch {
    // there was none
  }
  renameSync(next, current);
  rmSync(old, { recursive: true, force: true });
}
