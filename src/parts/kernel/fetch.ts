import type { Cluster, KernelFile } from '../../cluster/cluster.ts';
import { type Command, sh, shJoin } from '../../formats/sh.ts';

/** Where package files of kernels lie until they are installed. */
export const KERNEL_FILES = '/var/lib/kha/kernel';

/** Brings files to the host, each under its name; one of which the checksum is another is refused. `download` gets URL and path as $1 and $2. */
export function fetchFiles(files: readonly KernelFile[], download: Command, { proxy }: Cluster): Command {
  return shJoin([
    sh`mkdir -p ${KERNEL_FILES}`,
    ...(proxy.http === undefined ? [] : [sh`export http_proxy=${proxy.http}`]),
    ...(proxy.https === undefined ? [] : [sh`export https_proxy=${proxy.https}`]),
    ...(proxy.no.length === 0 ? [] : [sh`export no_proxy=${proxy.no.join(',')}`]),
    sh`kha_get() { case $1 in file://*) cp "\${1#file://}" "$2";; *) ${download};; esac; }`,
    sh`kha_fetch() {`,
    sh`  f=${KERNEL_FILES}/"$2"`,
    sh`  if [ -f "$f" ] && { [ -z "$3" ] || echo "$3  $f" | sha256sum -c --status; }; then return; fi`,
    sh`  rm -f "$f.new"`,
    sh`  kha_get "$1" "$f.new"`,
    sh`  [ -z "$3" ] || echo "$3  $f.new" | sha256sum -c --status || { echo "$1 has another checksum: $(sha256sum <"$f.new")" >&2; rm -f "$f.new"; exit 1; }`,
    sh`  mv -f "$f.new" "$f"`,
    sh`}`,
    ...files.map(({ url, sha256 = '' }) => sh`kha_fetch ${url} ${url.slice(url.lastIndexOf('/') + 1)} ${sha256}`),
  ]);
}
