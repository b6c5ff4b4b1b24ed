import { dirname, posix } from 'node:path';
import { digest } from '../../formats/digest.ts';
import { type Command, sh, shJoin, shRaw } from '../../formats/sh.ts';
import { absent } from './absent.ts';
import { type EffectKind, secretKey } from './effect.ts';

/** A regular file with this content, mode and owner. Its parent directories are made 0755 where they lack. */
export interface FileEffect {
  kind: 'file';
  path: string;
  /** The text, or the name of a secret in the store that holds it. */
  content: { text: string } | { secret: string };
  mode: string;
  owner: string;
}

export interface FileOptions {
  /** Octal digits, default 644. */
  mode?: string;
  /** `user:group`, default root:root. */
  owner?: string;
}

export const file = (
  path: string,
  text: string,
  { mode = '644', owner = 'root:root' }: FileOptions = {},
): FileEffect => ({
  kind: 'file',
  path,
  content: { text },
  mode,
  owner,
});

/** A file whose whole content is a secret of the store; 0600 unless told otherwise. */
export const secretFile = (
  path: string,
  secret: string,
  { mode = '600', owner = 'root:root' }: FileOptions = {},
): FileEffect => ({
  kind: 'file',
  path,
  content: { secret },
  mode,
  owner,
});

const temporary = (path: string): string => posix.join(dirname(path), `.${posix.basename(path)}.kha-new`);

/** Puts what `source` prints at `path` in one step, so that nobody ever sees half a file. */
export function replaceFile(path: string, source: Command, mode: string, owner: string): Command {
  const t = temporary(path);
  return shJoin([
    sh`mkdir -p ${dirname(path)}`,
    sh`rm -f ${t}`,
    sh`( umask 077; ${source} >${t} )`,
    sh`chown ${owner} ${t}`,
    sh`chmod ${mode} ${t}`,
    sh`sync ${t}`,
    sh`mv -fT ${t} ${path}`,
  ]);
}

/** A command that prints `text`, byte for byte. */
export function printing(text: string): Command {
  const lines = Buffer.from(text)
    .toString('base64')
    .replaceAll(/.{1,4000}/g, '$&\n');
  return shRaw(`base64 -d <<'KHA_EOF'\n${lines}KHA_EOF\n`);
}

export const fileKind: EffectKind<FileEffect> = {
  kind: 'file',
  title: (e) => `file ${e.path} (${e.mode} ${e.owner})`,
  want: (e, secrets) =>
    `${e.mode} ${e.owner} ${digest('text' in e.content ? e.content.text : (secrets[e.content.secret] ?? ''))}`,
  look: (e) =>
    sh`if [ -L ${e.path} ]; then echo "link $(readlink ${e.path})"; elif [ -f ${e.path} ]; then echo "$(stat -c '%a %U:%G' ${e.path}) $(sha256sum <${e.path} | cut -d' ' -f1)"; elif [ -e ${e.path} ]; then echo other; else echo absent; fi`,
  act: (e) => {
    if ('secret' in e.content) {
      return replaceFile(e.path, shRaw(`cat "$KHA_SECRETS/${secretKey(e.content.secret)}"`), e.mode, e.owner);
    }
    // The here-document must end its line, so it goes through a function.
    return shJoin([
      sh`kha_content() {`,
      printing(e.content.text),
      sh`}`,
      replaceFile(e.path, sh`kha_content`, e.mode, e.owner),
    ]);
  },
  secrets: (e) => ('secret' in e.content ? [e.content.secret] : []),
  read: (e) => ('secret' in e.content ? sh`echo '(secret)'` : sh`[ ! -f ${e.path} ] || cat ${e.path}`),
  content: (e) => ('secret' in e.content ? '(secret)\n' : e.content.text),
  undo: (e) => [absent(e.path)],
};
