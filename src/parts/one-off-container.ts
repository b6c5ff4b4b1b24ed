import type { Cluster } from '../cluster/cluster.ts';
import { type Command, sh } from '../formats/sh.ts';
import { fullName } from '../graph/effects/image.ts';

export interface OneOff {
  /** Of the container; one at a time. */
  name: string;
  image: string;
  /** A directory of the host, and where it lies in the container. */
  from: string;
  to: string;
  access: 'ro' | 'rw';
  seconds: number;
}

/** Runs "$@" in a container of its own, on the host's network; output and exit code are the program's. */
export function oneOffContainer(cluster: Cluster, { name, image, from, to, access, seconds }: OneOff): Command {
  const { snapshotter } = cluster.runtime;
  const mount = `type=bind,src=${from},dst=${to},options=rbind:${access}`;
  const run = sh`--rm --net-host --snapshotter ${snapshotter} --mount ${mount} ${fullName(image)} ${name}`;
  // An interrupted one may have left its own.
  return sh`ctr -n k8s.io tasks rm -f ${name} >/dev/null 2>&1
ctr -n k8s.io containers rm ${name} >/dev/null 2>&1
ctr -n k8s.io snapshots --snapshotter ${snapshotter} rm ${name} >/dev/null 2>&1
timeout ${seconds} ctr -n k8s.io run ${run} "$@"`;
}
