import type { Cluster, KernelFile } from '../../cluster/cluster.ts';
import type { Facts } from '../../cluster/facts.ts';
import type { Command } from '../../formats/sh.ts';
import type { Effect } from '../../graph/effects/registry.ts';

/** How a family of systems gets a kernel and boots it. */
export interface KernelPackages {
  id: string;
  matches: (facts: Facts) => boolean;
  /** Ending of the names of its package files. */
  ending: '.deb' | '.rpm';
  /** Architectures as they stand in such names, for one as facts spell it; with what is for all. */
  architectures: Record<string, readonly string[]>;
  /** `uname -r` of the kernel that such a file brings; undefined for one that brings none. */
  releaseOf: (fileName: string) => string | undefined;
  /**
   * Prints facts, `key<TAB>value` lines by `put`: `boot.loader` (empty: none that is known), `boot.default` (release that the default entry
   * boots), `boot.candidate` (release that is asked for, as the repositories have it), `boot.problem` (why there is none). It leaves nothing behind.
   */
  facts: (kernel: Cluster['kernel']) => Command;
  /** The kernel is there with its modules and its initial RAM disk. */
  installed: (release: string, files: readonly KernelFile[], cluster: Cluster) => Effect;
  /** The default entry boots it. */
  isDefault: (release: string) => Effect;
}
