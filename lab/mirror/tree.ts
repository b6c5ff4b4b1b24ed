import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** What a file of a package or an image is made of. */
export type Content =
  /** A program or file of a piece, by its path; where that is a link, what it leads to. */
  | { copy: string; mode?: number }
  | { text: string; mode?: number }
  /** All files of a directory, one after another. */
  | { concatenated: string }
  | { link: string }
  | { directory: true; mode?: number };

/** Put files into a directory that stands for /. */
export function writeTree(root: string, files: Record<string, Content>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    if (!('directory' in content)) rmSync(file, { force: true }); // what lies there may be a hard link to a piece's file
    if ('copy' in content) {
      copyFileSync(realpathSync(content.copy), file);
      chmodSync(file, content.mode ?? 0o755);
    } else if ('text' in content) {
      writeFileSync(file, content.text);
      chmodSync(file, content.mode ?? 0o644);
    } else if ('concatenated' in content) {
      const parts = readdirSync(content.concatenated).sort();
      writeFileSync(
        file,
        parts.map((name) => `${readFileSync(join(content.concatenated, name), 'utf8').trimEnd()}\n`).join(''),
      );
    } else if ('link' in content) {
      symlinkSync(content.link, file);
    } else {
      mkdirSync(file, { recursive: true });
      chmodSync(file, content.mode ?? 0o755);
    }
  }
}
