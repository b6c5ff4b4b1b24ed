import { sh, shRaw } from '../../formats/sh.ts';
import { command } from './command.ts';
import type { EffectKind } from './effect.ts';

/** No swap now, none after a reboot (lines of /etc/fstab are commented out, a copy is kept). */
export interface SwapOffEffect {
  kind: 'swap-off';
}

export const swapOff = (): SwapOffEffect => ({ kind: 'swap-off' });

const fstab = String.raw`^[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]`;

export const swapOffKind: EffectKind<SwapOffEffect> = {
  kind: 'swap-off',
  title: () => 'no swap',
  want: () => 'off',
  look: () =>
    shRaw(
      `if [ "$(wc -l </proc/swaps)" -gt 1 ]; then echo on; elif grep -qE '${fstab}' /etc/fstab 2>/dev/null; then echo 'on after a reboot'; else echo off; fi`,
    ),
  act: () =>
    shRaw(`swapoff -a
if grep -qE '${fstab}' /etc/fstab 2>/dev/null; then
  cp -p /etc/fstab /etc/fstab.before-kha
  sed -E 's/${fstab.replace('^', '^(').replace(/$/, '.*')})/# kha: \\1/' /etc/fstab >/etc/.fstab.kha-new
  chmod --reference=/etc/fstab /etc/.fstab.kha-new
  mv -f /etc/.fstab.kha-new /etc/fstab
fi`),
  undo: () => [
    command('swap as it was', {
      look: sh`if grep -q '^# kha: ' /etc/fstab 2>/dev/null; then echo 'switched off by kha'; else echo 'as it was'; fi`,
      want: 'as it was',
      act: sh`sed 's/^# kha: //' /etc/fstab >/etc/.fstab.kha-new
chmod --reference=/etc/fstab /etc/.fstab.kha-new
# Before the lines that tell of it are gone: nobody would look for it any more.
rm -f /etc/fstab.before-kha
mv -f /etc/.fstab.kha-new /etc/fstab
swapon -a`,
    }),
  ],
};
