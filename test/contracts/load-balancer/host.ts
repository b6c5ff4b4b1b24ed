import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { parse } from 'yaml';
import { loadBalancerImages } from '../../../lab/cluster-file.ts';
import { debianBase, debianHaproxy, debianNginx } from '../../../lab/artifacts/debian-files.ts';
import { envoy } from '../../../lab/artifacts/envoy.ts';
import { whyNoLab } from '../../../lab/machine.ts';
import { images } from '../../../lab/mirror/images.ts';
import { writeTree } from '../../../lab/mirror/tree.ts';
import { isBuilt } from '../../../lab/pieces/build.ts';
import { directoryOf } from '../../../lab/pieces/stamp.ts';
import { quote, shRaw } from '../../../src/formats/sh.ts';
import { actScript, lookScript, readReports } from '../../../src/graph/effects/compile.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { run, type ShellResult } from '../../fakes/shell.ts';
import { until } from '../sshd.ts';

export type Mode = keyof typeof loadBalancerImages;

const programs = { nginx: debianNginx, haproxy: debianHaproxy, envoy };

/** Why the program of this mode can't run here, or undefined. */
export function programMissing(mode: Mode): string | undefined {
  const missing = [debianBase, programs[mode]].filter((piece) => !isBuilt(piece)).map(({ id }) => id);
  return whyNoLab() ?? (missing.length > 0 ? `${missing.join(' and ')} missing: npm run lab -- artifacts` : undefined);
}

/**
 * This machine as a host that runs one static pod: scripts see an /etc/kubernetes of their own and a `ctr` and a `crictl` that know
 * containers of mount and process namespaces, with the very file systems of the lab's images. Their network is the machine's.
 */
export interface Host {
  look: (effects: readonly Effect[]) => Promise<string[]>;
  act: (
    effects: readonly Effect[],
    options?: Parameters<typeof run>[1],
  ) => Promise<ShellResult & { outcomes: string[] }>;
  /** A path as the host sees it, on this machine. */
  path: (path: string) => string;
  /** What the program has written. */
  log: () => string;
  /** The container's program dies at once; kubelet starts it again. */
  killContainer: () => void;
  dispose: () => Promise<void>;
}

export function createHost(modes: readonly Mode[]): Host {
  const dir = mkdtempSync(join(tmpdir(), 'kha-load-balancer-'));
  const kubernetes = join(dir, 'kubernetes');
  for (const name of ['mountpoints/kubernetes', 'kubernetes/manifests', 'bin', 'run', 'overlay', 'images'])
    mkdirSync(join(dir, name), { recursive: true });
  for (const mode of modes) writeImage(dir, mode);
  for (const [name, text] of Object.entries(tools(dir))) {
    writeFileSync(join(dir, 'bin', name), text);
    chmodSync(join(dir, 'bin', name), 0o755);
  }
  const within = (script: string): ReturnType<typeof shRaw> =>
    shRaw(`exec unshare --mount sh -s <<'KHA_HOST'
mount -t overlay -o lowerdir=${dir}/mountpoints:/etc overlay /etc
mount --bind ${kubernetes} /etc/kubernetes
PATH=${dir}/bin:$PATH
${script}
KHA_HOST
`);
  const kubelet = startKubelet(dir, kubernetes);
  return {
    look: async (effects) =>
      readReports((await run(within(lookScript(effects, {}).text))).stdout).map((r) => r.outcome),
    act: async (effects, options) => {
      const result = await run(within(actScript(effects, {}).text), options);
      return { ...result, outcomes: readReports(result.stdout).map((r) => r.outcome) };
    },
    path: (path) => path.replace(/^\/etc\/kubernetes/, kubernetes),
    log: () => (existsSync(join(dir, 'log')) ? readFileSync(join(dir, 'log'), 'utf8') : ''),
    killContainer: () => kubelet.kill(),
    dispose: async () => {
      await kubelet.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const flat = (image: string): string => image.replaceAll(/[/:]/g, '_');

/** The layers of the lab's image as directories, and a file that names them, the uppermost first. */
function writeImage(dir: string, mode: Mode): void {
  const name = loadBalancerImages[mode];
  const image = images([], [], directoryOf).find((i) => name.includes(`/${i.repositories[0] ?? ''}:`));
  if (!image) throw new Error(`the lab has no image ${name}`);
  const layers = image.layers.flatMap((layer) => {
    const files = join(dir, 'layers', layer.name);
    if (!existsSync(files)) {
      mkdirSync(files, { recursive: true });
      writeTree(files, layer.files ?? {});
    }
    return layer.root ? [directoryOf(layer.root), files] : [files];
  });
  writeFileSync(join(dir, 'images', flat(name)), layers.toReversed().join(':'));
}

/** `contain ID IMAGE FROM TO WORD…` runs a container in the foreground; `ctr` and `crictl` are what the scripts of kha call of them. */
const tools = (dir: string): Record<string, string> => ({
  contain: `#!/bin/sh
set -e
id=$1 from=$3 to=$4
image=$(cat "${dir}/images/$(echo "$2" | tr /: __)")
shift 4
export id from to image
exec unshare --mount --pid --fork --kill-child sh -ec '
read -r pid rest </proc/self/stat
mount -t tmpfs tmpfs ${dir}/overlay
mkdir ${dir}/overlay/upper ${dir}/overlay/scratch ${dir}/overlay/root
r=${dir}/overlay/root
mount -t overlay -o "lowerdir=$image,upperdir=${dir}/overlay/upper,workdir=${dir}/overlay/scratch" overlay $r
mkdir -p $r/proc $r/dev "$r$to"
mount -t proc proc $r/proc
mount --rbind /dev $r/dev
mount --bind "$from" "$r$to"
mount -o remount,bind,ro "$r$to"
echo $pid >"${dir}/run/$id"
exec chroot $r env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' - "$@"
`,
  ctr: `#!/bin/sh
[ "$3" = run ] || exit 1
while [ "$1" != --mount ]; do shift; done
from=\${2#*src=} to=\${2#*dst=} image=$3 id=$4
shift 4
exec contain "$id" "$image" "\${from%%,*}" "\${to%%,*}" "$@"
`,
  crictl: `#!/bin/sh
if [ "$1" = ps ]; then
for word; do name=\${word#io.kubernetes.container.name=}; done
pid=$(cat "${dir}/run/$name" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && echo "$pid"
exit 0
fi
pid=$2
shift 2
exec nsenter --target "$pid" --mount --pid --root --wd=/ "$@"
`,
});

/** Runs the container of the one manifest that there is, as long as it is there, anew when it changes. */
function startKubelet(dir: string, kubernetes: string): { kill: () => void; stop: () => Promise<void> } {
  const path = join(kubernetes, 'manifests/kha-load-balancer.yaml');
  let running: { manifest: string; name: string; child: ChildProcess; ended: Promise<void> } | undefined;

  const kill = (): void => {
    if (!running) return;
    const file = join(dir, 'run', running.name);
    // Process 1 of its namespace: all others go with it.
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
    if (pid !== undefined && running.child.exitCode === null && running.child.signalCode === null) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    }
  };
  const start = (manifest: string): void => {
    const [container] = (parse(manifest) as Pod).spec?.containers ?? [];
    const [volume] = (parse(manifest) as Pod).spec?.volumes ?? [];
    const [mount] = container?.volumeMounts ?? [];
    if (!container || !mount) throw new Error('the manifest has no container or no volume');
    const from = (volume?.hostPath?.path ?? '').replace('/etc/kubernetes', kubernetes);
    rmSync(join(dir, 'run', container.name), { force: true });
    const words = [container.name, container.image ?? '', from, mount.mountPath, ...(container.command ?? [])];
    const command = `exec ${[join(dir, 'bin/contain'), ...words].map(quote).join(' ')} >>${dir}/log 2>&1`;
    const child = spawn('sh', ['-c', command], { stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    running = { manifest, name: container.name, child, ended };
  };
  const look = async (): Promise<void> => {
    const manifest = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    const isDead = running && (running.child.exitCode !== null || running.child.signalCode !== null);
    if (running && !isDead && running.manifest !== manifest) {
      kill();
      await running.ended;
      running = undefined;
    }
    if (manifest !== undefined && (!running || isDead)) start(manifest);
  };
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    kill,
    stop: async () => {
      stopping.abort();
      await loop;
      await until('the container is gone', () => {
        kill();
        return !running || running.child.exitCode !== null || running.child.signalCode !== null;
      });
    },
  };
}
