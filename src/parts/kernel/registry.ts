import type { Cluster, KernelFile } from '../../cluster/cluster.ts';
import type { Facts } from '../../cluster/facts.ts';
import { type Command, sh, shJoin } from '../../formats/sh.ts';
import { debianKernels } from './debian.ts';
import type { KernelPackages } from './kernel-packages.ts';
import { rhelKernels } from './rhel.ts';

const families: KernelPackages[] = [debianKernels, rhelKernels];

/** How a host gets its kernel; undefined where kha does not know. */
export const kernelPackagesOf = (facts: Facts): KernelPackages | undefined => families.find((f) => f.matches(facts));

/** What a host is asked before anything is known of it. Needs a function `put` that prints a fact. */
export const kernelFacts = ({ kernel }: Cluster): Command =>
  shJoin([
    sh`put boot.freeMiB "$(df -Pk /boot | awk 'NR == 2 { print int($4 / 1024) }')"`,
    sh`if command -v apt-get >/dev/null 2>&1; then`,
    debianKernels.facts(kernel),
    sh`elif command -v rpm >/dev/null 2>&1; then`,
    rhelKernels.facts(kernel),
    sh`fi`,
  ]);

/** The package files that are for a host. */
export function kernelFilesOf({ kernel }: Cluster, facts: Facts): KernelFile[] {
  const family = kernelPackagesOf(facts);
  const architectures = family?.architectures[facts.arch] ?? [];
  return kernel.files.filter(({ url }) =>
    architectures.some((arch) => family && new RegExp(`[._]${arch}\\${family.ending}$`).test(url)),
  );
}

/** `uname -r` of the kernel that a host shall run; undefined where there is none for it. */
export function wantedKernel(cluster: Cluster, facts: Facts | undefined): string | undefined {
  if (!facts) return undefined;
  if (cluster.kernel.files.length === 0) return facts.boot?.candidate;
  const family = kernelPackagesOf(facts);
  const releases = kernelFilesOf(cluster, facts).map(({ url }) =>
    family?.releaseOf(url.slice(url.lastIndexOf('/') + 1)),
  );
  return releases.find((release) => release !== undefined);
}
