import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../../src/cluster/cluster.ts';
import { shJoin } from '../../../../src/formats/sh.ts';
import { lookScript, actScript, readReports } from '../../../../src/graph/effects/compile.ts';
import { rhelKernels } from '../../../../src/parts/kernel/rhel.ts';
import { clusterFrom } from '../../../fakes/cluster.ts';
import { fakeHost, factsIn, PUT } from './stubs.ts';

const [OLD, NEW] = ['5.14.0-362.8.1.el9_3.x86_64', '5.14.0-427.13.1.el9_4.x86_64'];
const cluster = await clusterFrom('{name: t, hosts: {m1: 10.0.0.1}}');
const asking = (kernel: Partial<Cluster['kernel']> = {}) => ({ ...cluster.kernel, ...kernel });

const LIST = `cat <<END
Last metadata expiration check: 0:10:03 ago on Fri.
Installed Packages
kernel.x86_64        5.14.0-362.8.1.el9_3     @baseos
kernel-core.x86_64   5.14.0-362.8.1.el9_3     @baseos
Available Packages
kernel.x86_64        5.14.0-427.9.1.el9_4     baseos
kernel.x86_64        0:5.14.0-427.13.1.el9_4  baseos
kernel.aarch64       5.14.0-999.1.1.el9_4     baseos
END`;

/** A host of the RHEL family: what its programs are asked for stands in \`asked\`. */
const host = (more: Record<string, string> = {}) =>
  fakeHost(
    {
      uname: `case $1 in -r) echo ${OLD};; -m) echo x86_64;; esac`,
      rpm: `case "$*" in -qf*) echo kernel-core;; "-q "*) grep -qxF "$2" $ROOT/rpms 2>/dev/null;; esac`,
      grubby: `case $1 in
--default-kernel) cat $ROOT/default;;
--set-default) echo "$2" >$ROOT/default;;
esac`,
      dnf: `echo "dnf $*" >>$ROOT/asked
case "$*" in
*list*) ${LIST}
;;
*install*) mkdir -p $ROOT/lib/modules/${NEW}; for f in boot/vmlinuz-${NEW} boot/initramfs-${NEW}.img lib/modules/${NEW}/modules.dep; do echo x >$ROOT/$f; done;;
esac`,
      ...more,
    },
    { default: `/boot/vmlinuz-${OLD}\n`, 'boot/vmlinuz': '', asked: '' },
  );

const factsOf = async (kernel: Partial<Cluster['kernel']>, h = host()) =>
  factsIn(await h.run(shJoin([PUT, rhelKernels.facts(asking(kernel))])));

describe('kernels of the RHEL family', () => {
  it('knows the boot loader, its default, and the newest kernel of the architecture', async () => {
    expect(await factsOf({})).toEqual({
      'boot.loader': 'grubby',
      'boot.default': OLD,
      'boot.candidate': NEW,
    });
  });

  it.each(['5.14.0-427.9.1.el9_4', '5.14.0-427.9.1.el9_4.x86_64'])('finds %s by its name', async (version) => {
    expect(await factsOf({ version })).toMatchObject({ 'boot.candidate': '5.14.0-427.9.1.el9_4.x86_64' });
  });

  it('says what there is where a version is not', async () => {
    const { 'boot.candidate': candidate, 'boot.problem': problem } = await factsOf({ version: '5.14.0-1.el9' });
    expect(candidate).toBe('');
    expect(problem).toContain('no repository has a package kernel-5.14.0-1.el9; there are:');
    expect(problem).toContain(NEW);
  });

  it('goes no step back where the running kernel is newer than all', async () => {
    const newer = '6.9.1-1.el9.elrepo.x86_64';
    const h = host({ uname: `case $1 in -r) echo ${newer};; -m) echo x86_64;; esac` });
    expect(await factsOf({}, h)).toMatchObject({ 'boot.candidate': newer });
  });

  it('without grubby there is no boot loader that it knows', async () => {
    const h = host();
    rmSync(join(h.root, 'bin/grubby'));
    const facts = await factsOf({}, h);
    expect(facts['boot.loader']).toBeUndefined();
  });

  it('installs the kernel and makes it the default, once', async () => {
    const h = host();
    const effects = [rhelKernels.installed(NEW, [], cluster), rhelKernels.isDefault(NEW)];
    const look = async () => readReports((await h.run(lookScript(effects, {}))).stdout).map((r) => r.outcome);
    expect(await look()).toEqual(['differs', 'differs']);
    const acted = await h.run(actScript(effects, {}));
    expect(
      readReports(acted.stdout).map((r) => r.outcome),
      acted.stderr,
    ).toEqual(['changed', 'changed']);
    expect(h.read('asked')).toContain(`dnf -y install kernel-${NEW}\n`);
    expect(await look()).toEqual(['same', 'same']);
  });

  it('does not believe a boot loader that keeps another default', async () => {
    const h = host({ grubby: `[ "$1" = --set-default ] || echo /boot/vmlinuz-${OLD}` });
    const { stdout } = await h.run(actScript([rhelKernels.isDefault(NEW)], {}));
    expect(readReports(stdout)).toEqual([{ index: 0, outcome: 'unmet', state: OLD }]);
  });

  it('reads releases out of names of files', () => {
    expect(rhelKernels.releaseOf('kernel-lt-5.4.92-1.el7.elrepo.x86_64.rpm')).toBe('5.4.92-1.el7.elrepo.x86_64');
    expect(rhelKernels.releaseOf(`kernel-core-${NEW}.rpm`)).toBe(NEW);
    expect(rhelKernels.releaseOf('kernel-lt-devel-5.4.92-1.el7.elrepo.x86_64.rpm')).toBeUndefined();
  });
});
