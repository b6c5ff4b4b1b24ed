import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.ts';
import { type Content, writeTree } from './tree.ts';

/** A Debian package, as data. */
export interface Deb {
  name: string;
  version: string;
  description: string;
  depends?: readonly string[];
  recommends?: readonly string[];
  /** Other fields of the control file. */
  fields?: Record<string, string>;
  /** By absolute path. */
  files: Record<string, Content>;
  /** Files of `files` that the administrator may change. */
  configuration?: readonly string[];
  /** systemd units that are enabled when the package is installed, and which of them are started too. */
  units?: readonly { name: string; start: boolean }[];
}

/** Write a package into the directory `pool`, in `work`, which must be empty. Not compressed: it travels over a veth only. */
export async function writeDeb(deb: Deb, pool: string, work: string): Promise<void> {
  writeTree(work, deb.files);
  const control = join(work, 'DEBIAN');
  mkdirSync(control, { recursive: true, mode: 0o755 });
  writeFileSync(join(control, 'control'), controlOf(deb));
  if (deb.configuration !== undefined) writeFileSync(join(control, 'conffiles'), lines(deb.configuration));
  for (const [name, text] of Object.entries(scriptsOf(deb))) writeFileSync(join(control, name), text, { mode: 0o755 });
  await run('dpkg-deb', [
    '--root-owner-group',
    '-Znone',
    '--build',
    work,
    join(pool, `${deb.name}_${deb.version}_amd64.deb`),
  ]);
}

function controlOf(deb: Deb): string {
  const fields = {
    Package: deb.name,
    Version: deb.version,
    Architecture: 'amd64',
    Maintainer: 'kha lab <lab@kha.invalid>',
    Section: 'admin',
    Priority: 'optional',
    Depends: deb.depends?.join(', '),
    Recommends: deb.recommends?.join(', '),
    ...deb.fields,
    Description: deb.description,
  };
  return lines(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])));
}

/** Maintainer scripts that enable units as Debian's own packages do, and leave alone what the administrator changed. */
function scriptsOf(deb: Deb): Record<string, string> {
  if (deb.units === undefined) return {};
  const each = (command: (unit: string, start: boolean) => string) =>
    lines(deb.units?.map(({ name, start }) => command(name, start)).filter(Boolean) ?? []);
  const start = each((unit, now) => (now ? `  deb-systemd-invoke start ${unit} || true` : ''));
  return {
    postinst: `#!/bin/sh
set -e
if [ "$1" = configure ]; then
${each((unit) => `  deb-systemd-helper unmask ${unit} >/dev/null\n  deb-systemd-helper enable ${unit} >/dev/null`)}fi
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload
${start}fi
`,
    prerm: `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
${each((unit) => `  deb-systemd-invoke stop ${unit} || true`)}fi
`,
    postrm: `#!/bin/sh
set -e
if [ "$1" = purge ]; then
${each((unit) => `  deb-systemd-helper purge ${unit} >/dev/null`)}fi
if [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload || true
fi
`,
  };
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
