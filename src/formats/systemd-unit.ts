/** Sections of a unit file: option → value, or values where an option stands several times (an empty one resets a list). */
export type UnitSections = Record<string, Record<string, string | readonly string[]>>;

/** A systemd unit or drop-in. `comment` says why it is there. */
export function systemdUnit(comment: string, sections: UnitSections): string {
  const out = [`# ${comment}`];
  for (const [section, options] of Object.entries(sections)) {
    out.push('', `[${section}]`);
    for (const [option, value] of Object.entries(options)) {
      for (const one of [value].flat()) {
        if (one.includes('\n')) throw new Error(`${option} has a newline`);
        out.push(`${option}=${one}`);
      }
    }
  }
  return `${out.join('\n')}\n`;
}

/** A word of Environment= or ExecStart=: quoted, and nothing in it is a specifier (`%`) or a variable (`$`). */
export const unitWord = (value: string): string =>
  `"${value.replaceAll('%', '%%').replaceAll('$', '$$$$').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** As `unitWord`, for Environment=, where `$` has no meaning. */
export const environmentWord = (name: string, value: string): string =>
  `"${name}=${value.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
