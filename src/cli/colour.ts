import { styleText } from 'node:util';

export type ColourMode = 'auto' | 'always' | 'never';
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta' | 'underline';
/** Paints a text, or leaves it as it is. */
export type Paint = (style: Style | readonly Style[], text: string) => string;

export const plain: Paint = (_style, text) => text;
export const coloured: Paint = (style, text) =>
  // A stream of its own is judged by `wantsColour`; styleText would ask standard output.
  text === '' ? '' : styleText(style as 'bold' | 'dim'[], text, { validateStream: false });

/** Does a stream get colours? The flag wins over FORCE_COLOR, that over NO_COLOR, that over what the terminal can. */
export function wantsColour(
  stream: { isTTY?: boolean | undefined },
  env: NodeJS.ProcessEnv,
  mode: ColourMode,
): boolean {
  if (mode !== 'auto') return mode === 'always';
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return stream.isTTY === true && term !== 'dumb';
}
