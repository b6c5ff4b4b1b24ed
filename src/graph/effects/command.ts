import { type Command, shRaw } from '../../formats/sh.ts';
import { absent } from './absent.ts';
import type { EffectKind } from './effect.ts';

/** A state that no other kind describes: a look that prints a line, the line that is wanted, a command that brings it about. */
export interface CommandEffect {
  kind: 'command';
  title: string;
  look: string;
  want: string;
  act: string;
  /** Paths of the files that `act` writes. */
  writes?: string[];
}

interface CommandParts {
  look: Command;
  want: string;
  act: Command;
  writes?: string[];
}

export const command = (title: string, parts: CommandParts): CommandEffect => ({
  kind: 'command',
  title,
  look: parts.look.text,
  want: parts.want,
  act: parts.act.text,
  ...(parts.writes ? { writes: parts.writes } : {}),
});

export const commandKind: EffectKind<CommandEffect> = {
  kind: 'command',
  title: (e) => e.title,
  want: (e) => e.want,
  look: (e) => shRaw(e.look),
  act: (e) => shRaw(e.act),
  undo: (e) => (e.writes ?? []).map(absent),
};
