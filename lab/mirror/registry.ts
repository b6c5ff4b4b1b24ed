import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { debianBusybox } from '../artifacts/debian-files.ts';
import { once } from '../pieces/once.ts';
import type { BuildContext, Piece } from '../pieces/piece.ts';
import { run } from '../run.ts';
import type { Image, Layer } from './image.ts';
import { images, piecesOfImages } from './images.ts';
import { writeTree } from './tree.ts';

/** A blob that the registry has. */
interface Blob {
  digest: string;
  size: number;
}

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  // not compressed: it travels over a veth only, and unpacking is what takes the time
  layer: 'application/vnd.oci.image.layer.v1.tar',
};

/** Every file's time, so that the same inputs make the same digests. */
const created = '2026-01-01T00:00:00Z';

/**
 * What docker-registry keeps on disk, written without it: `docker/registry/v2/{blobs,repositories}`, for versions of Kubernetes joined by
 * commas. The layout is distribution's (registry/storage/paths.go).
 */
export const registryContent = once((versions: string): Piece => {
  const list = versions.split(',');
  return {
    id: 'registry',
    version: '',
    needs: piecesOfImages(list),
    definition: list,
    inputs: ['mirror/image.ts', 'mirror/images.ts', 'mirror/layers.ts', 'mirror/tree.ts', 'mirror/registry.ts'],
    seconds: 15,
    build: async (context) => {
      const busybox = join(context.directoryOf(debianBusybox), 'bin/busybox');
      const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' })
        .split('\n')
        .filter((name) => name && name !== 'busybox');
      const layers = new Map<string, Blob>();
      for (const image of images(list, applets, context.directoryOf)) {
        for (const layer of image.layers) {
          if (!layers.has(layer.name)) layers.set(layer.name, await storeLayer(layer, context));
        }
        storeImage(
          image,
          image.layers.map((layer) => layers.get(layer.name) as Blob),
          context.out,
        );
      }
    },
  };
});

async function storeLayer(layer: Layer, { out, work, directoryOf }: BuildContext): Promise<Blob> {
  const root = join(work, 'root');
  rmSync(root, { recursive: true, force: true });
  if (layer.root === undefined) mkdirSync(root, { mode: 0o755 });
  else await run('cp', ['-al', directoryOf(layer.root), root]);
  writeTree(root, layer.files ?? {});
  const tar = join(work, 'layer.tar');
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=${created}`, '--format=gnu'];
  await run('tar', [...same, '--hard-dereference', '-C', root, '-cf', tar, '.']);
  const hash = createHash('sha256');
  await pipeline(createReadStream(tar, { highWaterMark: 1 << 20 }), hash);
  const digest = hash.digest('hex');
  const size = statSync(tar).size;
  const data = blobFile(out, digest);
  if (!existsSync(data)) renameSync(tar, data);
  return { digest, size };
}

function storeImage(image: Image, layers: Blob[], out: string): void {
  const config = storeJson(out, {
    created,
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Entrypoint: image.entrypoint,
      Cmd: image.command,
      User: image.user,
      StopSignal: image.stopSignal,
      ExposedPorts: image.ports && Object.fromEntries(image.ports.map((port) => [port, {}])),
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${layer.digest}`) },
    history: image.layers.map((layer) => ({ created, created_by: `kha lab: ${layer.name}` })),
  });
  const describe = (mediaType: string, blob: Blob) => ({ mediaType, digest: `sha256:${blob.digest}`, size: blob.size });
  const manifest = storeJson(out, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: describe(types.config, config),
    layers: layers.map((layer) => describe(types.layer, layer)),
  });
  for (const repository of image.repositories) {
    const place = join(out, 'docker/registry/v2/repositories', repository);
    for (const blob of [config, ...layers]) link(join(place, '_layers/sha256', blob.digest), blob);
    link(join(place, '_manifests/revisions/sha256', manifest.digest), manifest);
    for (const tag of image.tags) {
      link(join(place, '_manifests/tags', tag, 'current'), manifest);
      link(join(place, '_manifests/tags', tag, 'index/sha256', manifest.digest), manifest);
    }
  }
}

function storeJson(out: string, value: unknown): Blob {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  writeFileSync(blobFile(out, digest), text);
  return { digest, size: Buffer.byteLength(text) };
}

function blobFile(out: string, digest: string): string {
  const directory = join(out, 'docker/registry/v2/blobs/sha256', digest.slice(0, 2), digest);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  return join(directory, 'data');
}

function link(directory: string, blob: Blob): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  writeFileSync(join(directory, 'link'), `sha256:${blob.digest}`);
}
