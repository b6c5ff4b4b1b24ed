import { randomBytes } from 'node:crypto';
import type { Connection } from '../cluster/connection.ts';
import { KhaError } from '../cluster/error.ts';
import { sh } from '../formats/sh.ts';
import type { Ssh } from '../ports/ssh.ts';

interface Upload {
  /** Absolute; its folder must be there. */
  path: string;
  /** Goes over standard input: may be secret, may be binary. */
  content: string | Uint8Array;
  /** For example 0o600. */
  mode: number;
  /** Default root. */
  owner?: string;
  group?: string;
}

/**
 * Puts a file on a host in one step: whoever opens the path sees the old content or the new, with its mode and owner from
 * the first moment, also after a lost connection or a power failure. Throws KHA3025 when it can't be written.
 */
export async function upload(
  ssh: Ssh,
  connection: Connection,
  file: Upload,
  options: { abort?: AbortSignal; timeoutMs?: number } = {},
): Promise<void> {
  const content = Buffer.from(file.content);
  const mode = file.mode.toString(8).padStart(4, '0');
  const owner = `${file.owner ?? 'root'}:${file.group ?? file.owner ?? 'root'}`;
  // The size tells a whole file from one whose connection was cut: to `cat` both look like the end.
  const command = sh`set -eu
path=${file.path} mode=${mode} owner=${owner} size=${content.length}
temporary=\${path%/*}/.kha-${randomBytes(6).toString('hex')}.tmp
trap 'rm -f "$temporary"' EXIT
# After a cut a message finds no reader: without this the shell would end before it has cleaned up.
trap '' PIPE
umask 077
cat >"$temporary"
got=$(wc -c <"$temporary")
[ "$got" -eq "$size" ] || { echo "only $got of $size bytes arrived" >&2; exit 1; }
chown "$owner" "$temporary"
chmod "$mode" "$temporary"
sync "$temporary"
mv -fT "$temporary" "$path"
trap - EXIT
sync "\${path%/*}/"`;
  const result = await ssh.exec(connection, command, { stdin: content, ...options });
  if (result.exitCode === 0) return;
  throw new KhaError(`${file.path} could not be written on ${connection.name}.`, {
    code: 'KHA3025',
    blame: 'host',
    where: connection.name,
    hint: 'Check space (df) and whether its folder exists and can be written.',
    lastLines: result.stderr.trimEnd().split('\n').slice(-10),
  });
}
