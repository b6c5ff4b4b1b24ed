import type { Connection } from '../../cluster/connection.ts';

/** How a command starts on the host. Visible to every user there (argv), so it holds nothing of the command itself. */
export interface Launch {
  /** Handed to the login shell, whichever that is. */
  commandLine: string;
  /** Printed on a line of its own on both streams when our shell runs; what comes before is noise of login scripts or sudo. */
  marker: string;
  /** What sudo prints when it asks for the password; undefined where it must not ask. */
  prompt: string | undefined;
  /** What goes in first: the script, in the form that the started shell expects. */
  preamble: Buffer;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The start of a script by way of standard input.
 * - Without input of its own the shell reads it as a program: one compound command, so that half of it (the connection was
 *   cut) is a syntax error and runs nothing.
 * - With input it comes as one line, which `read` takes byte by byte and leaves the rest to the script; a line without its
 *   end is not run.
 * The command line has no newline, `!` or single quote inside, so that any login shell passes it on unchanged.
 */
export function launch(
  to: Connection,
  script: string,
  options: { root: boolean; hasInput: boolean; nonce: string },
): Launch {
  const marker = `kha-${options.nonce}`;
  const sudo = options.root && to.user !== 'root';
  const asks = sudo && to.sudo.password !== undefined;
  const prompt = asks ? `kha-sudo-${options.nonce}:` : undefined;
  const setUp =
    `echo ${marker}; echo ${marker} >&2; PATH=$PATH:${PATH}; LC_ALL=C; export PATH LC_ALL; ` +
    (options.root ? 'umask 022; ' : '');
  const go = options.hasInput ? 'IFS= read -r s && eval "$(printf %b "$s")"' : 'exec sh';
  const become = !sudo ? 'exec' : `exec env LC_ALL=C sudo -H ${prompt === undefined ? '-n' : `-k -S -p ${prompt}`}`;
  return {
    commandLine: `${become} sh -c '${setUp}${go}'`,
    marker,
    prompt,
    preamble: Buffer.from(
      options.hasInput
        ? `${script.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`
        : `{ :\n${script}\n} </dev/null\n`,
    ),
  };
}
