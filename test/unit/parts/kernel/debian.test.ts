import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assumedFacts } from '../../../../src/cluster/assumed-facts.ts';
import type { Cluster, KernelFile } from '../../../../src/cluster/cluster.ts';
import { shJoin } from '../../../../src/formats/sh.ts';
import { actScript, lookScript, readReports } from '../../../../src/graph/effects/compile.ts';
import { debianKernels } from '../../../../src/parts/kernel/debian.ts';
import { kernelFilesOf, wantedKernel } from '../../../../src/parts/kernel/registry.ts';
import { clusterFrom } from '../../../fakes/cluster.ts';
import { fakeHost, factsIn, PUT } from './stubs.ts';

const cluster = await clusterFrom('{name: t, hosts: {m1: 10.0.0.1}}');
const asking = (kernel: Partial<Cluster['kernel']> = {}) => ({ ...cluster.kernel, ...kernel });

interface World {
  running: string;
  /** Depends of packages in the repositories, by name. */
  packages: Record<string, string>;
  installed?: string[];
}

/** Debian's programs over a world of packages. */
const host = ({ running, packages, installed = [] }: World) =>
  fakeHost(
    {
      uname: `echo ${running}`,
      'apt-get': `echo "apt-get $*" >>$ROOT/asked; case "$*" in *update*) exit 0;; esac
mkdir -p $ROOT/boot $ROOT/lib/modules
for r in $(cat $ROOT/brings 2>/dev/null); do mkdir -p $ROOT/lib/modules/$r; for f in boot/vmlinuz-$r boot/initrd.img-$r lib/modules/$r/modules.dep; do echo x >$ROOT/$f; done; done
cat $ROOT/becomes >>$ROOT/installed 2>/dev/null || :`,
      'apt-cache': `for a; do n=$a; done
case "$*" in
*pkgnames*) cat $ROOT/names;;
*show*) one() { echo "Package: $1"; echo "Depends: $(cat $ROOT/packages/$1)"; echo; }
  # A name that nobody has is a pattern.
  if [ -f "$ROOT/packages/$n" ]; then one "$n"; else for p in $(ls $ROOT/packages | grep -e "$n"); do one "$p"; done; fi;;
esac`,
      'apt-mark': ':',
      dpkg: ':',
      'dpkg-query': `for a; do n=$a; done
case "$n" in
*\\*) cat $ROOT/installed | while read -r p v; do echo "installed $p"; done;;
-f*) : ;;
*) l=$(grep -m 1 "^$n " $ROOT/installed) || exit 1; case "$*" in *Version*) echo "installed \${l#* }";; *) echo installed;; esac;;
esac`,
    },
    {
      ...Object.fromEntries(Object.entries(packages).map(([name, depends]) => [`packages/${name}`, depends])),
      names: Object.keys(packages).join('\n'),
      installed: installed.map((name) => `${name} 1\n`).join(''),
      asked: '',
    },
  );

const factsOf = async (world: World, kernel: Partial<Cluster['kernel']> = {}) => {
  const { 'boot.candidate': candidate, 'boot.problem': problem } = factsIn(
    await host(world).run(shJoin([PUT, debianKernels.facts(asking(kernel))])),
  );
  return { candidate, problem };
};

const BOOKWORM: World = {
  running: '6.1.0-47-cloud-amd64',
  packages: {
    'linux-image-cloud-amd64': 'linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)',
    'linux-image-amd64': 'linux-image-6.1.0-56-amd64 (= 6.1.192-2)',
    'linux-image-6.1.0-55-cloud-amd64': 'kmod',
    'linux-image-6.1.0-56-cloud-amd64': 'kmod',
    'linux-image-6.1.0-56-amd64': 'kmod',
    'linux-image-6.12.9+bpo-cloud-amd64': 'kmod',
  },
};
const JAMMY: World = {
  running: '5.15.0-91-generic',
  packages: {
    'linux-image-generic':
      'linux-image-5.15.0-130-generic | linux-image-unsigned-5.15.0-130-generic, linux-modules-extra-5.15.0-130-generic, linux-firmware',
    'linux-image-generic-hwe-22.04': 'linux-image-6.8.0-51-generic, linux-modules-extra-6.8.0-51-generic',
    'linux-image-5.15.0-130-generic': 'kmod',
    'linux-image-6.8.0-51-generic': 'kmod',
  },
};

describe('kernels of the Debian family', () => {
  it.each<[string, World, Partial<Cluster['kernel']>, string]>([
    ['follows the package of its flavour', BOOKWORM, {}, '6.1.0-56-cloud-amd64'],
    [
      'and the one that the host has, rather',
      { ...JAMMY, installed: ['linux-image-generic-hwe-22.04'] },
      {},
      '6.8.0-51-generic',
    ],
    ['Ubuntu without such a package stays in its series', JAMMY, {}, '5.15.0-130-generic'],
    ['the file may name it', JAMMY, { package: 'linux-image-generic-hwe-22.04' }, '6.8.0-51-generic'],
    ['a version gets the flavour of the host', BOOKWORM, { version: '6.1.0-55' }, '6.1.0-55-cloud-amd64'],
    ['or has one', BOOKWORM, { version: '6.1.0-56-amd64' }, '6.1.0-56-amd64'],
    [
      'one that is installed alone will do',
      { ...BOOKWORM, installed: ['linux-image-6.1.0-40-cloud-amd64'] },
      { version: '6.1.0-40' },
      '6.1.0-40-cloud-amd64',
    ],
    ['no step back', { ...BOOKWORM, running: '6.12.9+bpo-cloud-amd64' }, {}, '6.12.9+bpo-cloud-amd64'],
    [
      'without any such package the newest of the series',
      {
        running: '6.1.0-47-cloud-amd64',
        packages: {
          'linux-image-6.1.0-9-cloud-amd64': '',
          'linux-image-6.1.0-56-cloud-amd64': '',
          'linux-image-6.12.0-1-cloud-amd64': '',
        },
      },
      {},
      '6.1.0-56-cloud-amd64',
    ],
  ])('%s', async (_what, world, kernel, candidate) => {
    expect(await factsOf(world, kernel)).toEqual({ candidate, problem: undefined });
  });

  it('says why there is none', async () => {
    expect(await factsOf(BOOKWORM, { version: '6.1.0-999' })).toEqual({
      candidate: '',
      problem: 'there is no package linux-image-6.1.0-999, nor linux-image-6.1.0-999-cloud-amd64',
    });
    expect((await factsOf({ ...BOOKWORM, running: '6.18.44' })).problem).toContain('of 6.18.44');
  });

  it('is asked without touching the lists of the host', async () => {
    const h = host(BOOKWORM);
    await h.run(shJoin([PUT, debianKernels.facts(asking())]));
    expect(h.read('asked')).toMatch(/^apt-get -q -o Dir::State::Lists=\S+ .*update\n$/);
  });
});

describe('package files', () => {
  const image = 'linux-image-unsigned-5.4.95-050495-generic_5.4.95-050495.202102032237_amd64.deb';
  const modules = 'linux-modules-5.4.95-050495-generic_5.4.95-050495.202102032237_amd64.deb';
  const files = (names: string[]): KernelFile[] => names.map((name) => ({ url: `https://k.example.com/${name}` }));

  it('are those of the kind and architecture of the host; the image among them tells the release', () => {
    const list = files([
      image,
      modules,
      'linux-base_4.6_all.deb',
      'kernel-lt-5.4.92-1.el7.elrepo.x86_64.rpm',
      image.replace('amd64', 'arm64'),
    ]);
    const c = { ...cluster, kernel: asking({ files: list }) };
    const facts = assumedFacts(c)['m1'];
    if (!facts) throw new Error('no facts');
    expect(kernelFilesOf(c, facts).map((f) => f.url)).toEqual(list.slice(0, 3).map((f) => f.url));
    expect(wantedKernel(c, facts)).toBe('5.4.95-050495-generic');
    const rocky = { ...facts, os: { ...facts.os, id: 'rocky' }, packageManager: 'dnf' as const };
    expect(wantedKernel(c, rocky)).toBe('5.4.92-1.el7.elrepo.x86_64');
    expect(wantedKernel(c, { ...rocky, arch: 'arm64' })).toBeUndefined();
  });

  const release = '5.4.95-050495-generic';
  const withFile = (content: string, sha256: string | undefined) => {
    const h = host({ running: '5.4.0-1-generic', packages: {} });
    writeFileSync(join(h.root, image), content);
    writeFileSync(join(h.root, 'brings'), release);
    writeFileSync(join(h.root, 'becomes'), `linux-image-unsigned-${release} 5.4.95-050495.202102032237\n`);
    const file: KernelFile = { url: `file://${h.root}/${image}`, ...(sha256 === undefined ? {} : { sha256 }) };
    return { h, effects: [debianKernels.installed(release, [file], cluster)] };
  };
  const sum = createHash('sha256').update('a kernel').digest('hex');

  it('are installed once, by apt, and do not stay', async () => {
    const { h, effects } = withFile('a kernel', sum);
    const { stdout, stderr } = await h.run(actScript(effects, {}));
    expect(
      readReports(stdout).map((r) => r.outcome),
      stderr,
    ).toEqual(['changed']);
    expect(h.read('asked')).toMatch(new RegExp(`install ${h.root}/var/lib/kha/kernel/${image}\n`));
    expect(() => h.read(`var/lib/kha/kernel/${image}`)).toThrow('ENOENT');
    expect(readReports((await h.run(lookScript(effects, {}))).stdout).map((r) => r.outcome)).toEqual(['same']);
  });

  it('with another checksum are not', async () => {
    const { h, effects } = withFile('another kernel', sum);
    const { stdout, stderr } = await h.run(actScript(effects, {}));
    expect(readReports(stdout).map((r) => r.outcome)).toEqual(['failed']);
    expect(stderr).toContain('has another checksum');
    expect(h.read('asked')).not.toContain(' install ');
  });
});
