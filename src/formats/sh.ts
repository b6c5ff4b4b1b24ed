declare const brand: unique symbol;

/** A shell text whose every value is quoted. Made only by `sh`, `shJoin` and `shRaw`; the ssh port takes nothing else. */
export interface Command {
  readonly text: string;
  readonly [brand]: 'Command';
}

type Value = string | number | readonly (string | number)[] | Command;

const make = (text: string): Command => ({ text }) as Command;

/** One word for a POSIX shell, quoted where it must be. */
export function quote(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

/** Writes shell: values are quoted, lists become words, a Command is spliced as it is. */
export function sh(parts: TemplateStringsArray, ...values: Value[]): Command {
  let text = parts[0] ?? '';
  values.forEach((value, i) => {
    text +=
      typeof value === 'object' && 'text' in value
        ? value.text
        : [value]
            .flat()
            .map((v) => quote(String(v)))
            .join(' ');
    text += parts[i + 1] ?? '';
  });
  return make(text);
}

/** Several commands one after another, a line each. */
export const shJoin = (commands: readonly Command[], separator = '\n'): Command =>
  make(commands.map((c) => c.text).join(separator));

/** A text from our own source that is already shell: constants only, never a value from outside. */
export const shRaw = (text: string): Command => make(text);
