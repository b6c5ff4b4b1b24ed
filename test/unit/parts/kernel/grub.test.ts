import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Command, sh, shJoin, shRaw } from '../../../../src/formats/sh.ts';
import { grubFunctions, setGrubDefault } from '../../../../src/parts/kernel/grub.ts';
import { run, temporaryDirectory } from '../../../fakes/shell.ts';

const UUID = '0d0c7a5e-7d1c-4a6e-9a53-6a3ad1b7f0f1';
const entry = (
  release: string,
  more = '',
): string => `menuentry 'Debian GNU/Linux, with Linux ${release}${more && ` (${more} mode)`}' --class debian --class gnu $menuentry_id_option 'gnulinux-${release}-${more || 'advanced'}-${UUID}' {
		load_video
		insmod gzio
		if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
		echo	'Loading Linux ${release} ...'
		linux	/boot/vmlinuz-${release} root=UUID=${UUID} ro quiet
		initrd	/boot/initrd.img-${release}
	}`;

/** As grub-mkconfig of Debian 12 writes it, without what is of no interest. */
const menu = (preset: string, releases: string[], { submenu = true } = {}): string => `
if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "\${next_entry}" ] ; then
   set default="\${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="${preset}"
fi
function savedefault {
  if [ -z "\${boot_once}" ]; then
    saved_entry="\${chosen}"
    save_env saved_entry
  fi
}
menuentry 'Debian GNU/Linux' --class debian --class gnu $menuentry_id_option 'gnulinux-simple-${UUID}' {
	linux	/boot/vmlinuz-${releases[0]} root=UUID=${UUID} ro quiet
}
${submenu ? `submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-${UUID}' {` : ''}
${releases.flatMap((r) => [entry(r), entry(r, 'recovery')]).join('\n')}
${submenu ? '}' : ''}
menuentry "Memory test" {
	linux16 /boot/memtest86+.bin
}
`;

const [NEW, OLD] = ['6.1.0-56-cloud-amd64', '6.1.0-47-cloud-amd64'];

/** A machine with this menu in a directory of its own. `update-grub` writes the menu anew, with a saved default. */
function machine(config: string, environment: string[] = [], regenerated = config) {
  const root = temporaryDirectory();
  for (const path of ['boot/grub', 'etc/default', 'bin']) mkdirSync(join(root, path), { recursive: true });
  const place = (path: string, content: string, mode = 0o644): void =>
    writeFileSync(join(root, path), content, { mode });
  place('boot/grub/grub.cfg', config);
  place('boot/grub/grubenv', `# GRUB Environment Block\n${environment.map((line) => `${line}\n`).join('')}#####`);
  place('regenerated', regenerated);
  place(
    'bin/update-grub',
    `#!/bin/sh\n[ -f ${root}/etc/default/grub.d/zz-kha.cfg ] && cp ${root}/regenerated ${root}/boot/grub/grub.cfg\n`,
    0o755,
  );
  place(
    'bin/grub-set-default',
    `#!/bin/sh\nprintf '# GRUB Environment Block\\nsaved_entry=%s\\n####' "$1" >${root}/boot/grub/grubenv\n`,
    0o755,
  );
  const here = (command: Command): Command =>
    shRaw(
      `PATH=${root}/bin:$PATH\n${command.text.replaceAll('/boot/grub', `${root}/boot/grub`).replaceAll('/etc/default', `${root}/etc/default`)}`,
    );
  const ask = async (command: Command): Promise<string> =>
    (await run(here(shJoin([grubFunctions, command])))).stdout.trim();
  return {
    booted: () => ask(sh`kha_default_kernel`),
    entryOf: (release: string) => ask(sh`kha_entry_of ${release}`),
    set: (release: string) => run(here(shJoin([sh`set -e`, setGrubDefault(release)]))),
    saved: () => /saved_entry=(.*)/.exec(readFileSync(join(root, 'boot/grub/grubenv'), 'utf8'))?.[1],
  };
}

describe("GRUB's default entry", () => {
  it.each([
    ['the first one', '0', [], NEW],
    ['by number, in a submenu', '1>2', [], OLD],
    ['by ids', `gnulinux-advanced-${UUID}>gnulinux-${OLD}-advanced-${UUID}`, [], OLD],
    ['by titles', `Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux ${OLD}`, [], OLD],
    [
      'one that is saved',
      '${saved_entry}',
      [`saved_entry=gnulinux-advanced-${UUID}>gnulinux-${OLD}-advanced-${UUID}`],
      OLD,
    ],
    ['saved, but nothing is', '${saved_entry}', [], NEW],
    ['an id without its submenu, which GRUB does not find', `gnulinux-${OLD}-advanced-${UUID}`, [], NEW],
    ['a saved one that is not asked for', '0', ['saved_entry=1>2'], NEW],
    ['for the next boot alone', '0', ['saved_entry=0', 'next_entry=1>2'], OLD],
    ['one that is gone', '1>99', [], NEW],
  ])('%s', async (_what, preset, environment, release) => {
    expect(await machine(menu(preset, [NEW, OLD]), environment).booted()).toBe(release);
  });

  it('is named in full, and never one for recovery', async () => {
    expect(await machine(menu('0', [NEW, OLD])).entryOf(OLD)).toBe(
      `gnulinux-advanced-${UUID}>gnulinux-${OLD}-advanced-${UUID}`,
    );
    expect(await machine(menu('0', [NEW, OLD], { submenu: false })).entryOf(NEW)).toBe(
      `gnulinux-${NEW}-advanced-${UUID}`,
    );
    expect(await machine(menu('0', [NEW])).entryOf(OLD)).toBe('');
  });

  it.each([true, false])('is set and read back; submenus: %s', async (submenu) => {
    const m = machine(menu('0', [NEW, OLD], { submenu }), [], menu('${saved_entry}', [NEW, OLD], { submenu }));
    expect(await m.booted()).toBe(NEW);
    expect((await m.set(OLD)).code).toBe(0);
    expect(await m.booted()).toBe(OLD);
    expect((await m.set(NEW)).code).toBe(0);
    expect(await m.booted()).toBe(NEW);
  });

  it('is not set where the menu has no such kernel', async () => {
    const m = machine(menu('0', [NEW]), [], menu('${saved_entry}', [NEW]));
    const { code, stderr } = await m.set(OLD);
    expect(code).toBe(1);
    expect(stderr).toContain(`no entry for ${OLD}`);
    expect(m.saved()).toBeUndefined();
  });
});
