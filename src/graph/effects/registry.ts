import { type AbsentEffect, absentKind } from './absent.ts';
import { type BlockEffect, blockKind } from './block.ts';
import { type CommandEffect, commandKind } from './command.ts';
import { type DirectoryEffect, directoryKind } from './directory.ts';
import type { EffectKind } from './effect.ts';
import { type FileEffect, fileKind } from './file.ts';
import { type ImageEffect, imageKind } from './image.ts';
import { type KernelModuleEffect, kernelModuleKind } from './kernel-module.ts';
import { type ManifestEffect, manifestKind } from './manifest.ts';
import { type PackageEffect, packageKind } from './package.ts';
import { type PackagesGoneEffect, packagesGoneKind } from './packages-gone.ts';
import { type ServiceEffect, serviceKind } from './service.ts';
import { type SwapOffEffect, swapOffKind } from './swap-off.ts';
import { type SysctlEffect, sysctlKind } from './sysctl.ts';
import { type TimezoneEffect, timezoneKind } from './timezone.ts';
import { type WaitEffect, waitKind } from './wait.ts';

/** What a host (or the cluster, seen from a master) shall have. Plain JSON. */
export type Effect =
  | FileEffect
  | DirectoryEffect
  | AbsentEffect
  | BlockEffect
  | PackageEffect
  | PackagesGoneEffect
  | ServiceEffect
  | SysctlEffect
  | KernelModuleEffect
  | SwapOffEffect
  | TimezoneEffect
  | ImageEffect
  | CommandEffect
  | WaitEffect
  | ManifestEffect;

type Kinds = { [K in Effect['kind']]: EffectKind<Extract<Effect, { kind: K }>> };

/** One line a kind: everything that knows of effects goes through here. */
const kinds: Kinds = {
  file: fileKind,
  directory: directoryKind,
  absent: absentKind,
  block: blockKind,
  package: packageKind,
  'packages-gone': packagesGoneKind,
  service: serviceKind,
  sysctl: sysctlKind,
  'kernel-module': kernelModuleKind,
  'swap-off': swapOffKind,
  timezone: timezoneKind,
  image: imageKind,
  command: commandKind,
  wait: waitKind,
  manifest: manifestKind,
};

export const effectKind = <E extends Effect>(effect: E): EffectKind<E> =>
  kinds[effect.kind] as unknown as EffectKind<E>;
