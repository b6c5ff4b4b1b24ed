import type { Command } from '../../formats/sh.ts';
import type { AbsentEffect } from './absent.ts';
import type { BlockEffect } from './block.ts';
import type { CommandEffect } from './command.ts';

/**
 * How one kind of effect looks and acts on a host. Both are POSIX shell run by root.
 * `look` prints one line and changes nothing; when it equals `want`, there is nothing to do. `act` must be idempotent and
 * safe to meet half-done; after it, `look` must print `want`.
 */
export interface EffectKind<E extends { kind: string }> {
  kind: E['kind'];
  /** One line for plans: what the host will have. */
  title: (effect: E) => string;
  want: (effect: E, secrets: SecretValues) => string;
  look: (effect: E) => Command;
  act: (effect: E) => Command;
  /** The way out where `act` fails, in one sentence. */
  hint?: (effect: E) => string;
  /** What a failed `act` says where trying again at once is no use: a person has to change something. */
  hopeless?: RegExp;
  /** Names of secrets that `act` reads from `$KHA_SECRETS/<key>`. */
  secrets?: (effect: E) => string[];
  /** What is there now, for a diff: prints the content. Absent: the kind has nothing to compare. */
  read?: (effect: E) => Command;
  /** What will be there, for a diff. */
  content?: (effect: E) => string;
  /** What takes it back on a host that leaves. Absent: it leaves nothing behind, or nobody knows what was there before. */
  undo?: (effect: E) => UndoEffect[];
}

/** Kinds that take something back. */
export type UndoEffect = AbsentEffect | BlockEffect | CommandEffect;

/** Values of secrets by name, in memory only. */
export type SecretValues = Readonly<Record<string, string>>;

/** File name under `$KHA_SECRETS` for a secret's name. */
export const secretKey = (name: string): string => name.replaceAll(/[^A-Za-z0-9.-]/g, '_');
