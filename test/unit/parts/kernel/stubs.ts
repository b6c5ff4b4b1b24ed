import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Command, shJoin, shRaw } from '../../../../src/formats/sh.ts';
import { run, type ShellResult, temporaryDirectory } from '../../../fakes/shell.ts';

/** Programs and files of a host that is not there: `programs` are shell scripts, `$ROOT` stands for the place of its files. */
export function fakeHost(programs: Record<string, string>, files: Record<string, string> = {}) {
  const root = temporaryDirectory();
  const place = (path: string, content: string, mode: number): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode });
  };
  for (const [path, content] of Object.entries(files)) place(path, content, 0o644);
  for (const [name, script] of Object.entries(programs))
    place(`bin/${name}`, `#!/bin/sh\nROOT=${root}\n${script}\n`, 0o755);
  const moved = (text: string): string =>
    text.replaceAll(/(?<![\w$}])\/(boot|lib\/modules|var\/lib\/kha|etc\/default)\b/g, `${root}/$1`);
  return {
    root,
    run: (command: Command): Promise<ShellResult> =>
      run(shJoin([shRaw(`PATH=${root}/bin:/usr/bin:/bin:/usr/sbin:/sbin`), shRaw(moved(command.text))])),
    read: (path: string): string => readFileSync(join(root, path), 'utf8'),
  };
}

/** Facts as the script prints them. */
export const factsIn = ({ stdout }: ShellResult): Record<string, string> =>
  Object.fromEntries(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t') as [string, string]),
  );

export const PUT = shRaw(String.raw`put() { printf '%s\t%s\n' "$1" "$2"; }`);
