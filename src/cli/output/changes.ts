/** One place where two documents differ. */
export interface Change {
  /** For example `hosts[m1].address`. */
  path: string;
  /** As JSON; absent: there is none on that side. */
  before?: string;
  after?: string;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const nameOf = (value: unknown): string | undefined =>
  isMap(value) && typeof value['name'] === 'string' ? value['name'] : undefined;

/** A list whose items all have names is compared by name, so that a new host is one change and not all of them. */
function byName(list: unknown[]): Map<string, unknown> | undefined {
  const named = new Map(list.map((item) => [nameOf(item) ?? '', item]));
  return named.size === list.length && !named.has('') ? named : undefined;
}

export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changesBetween(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length + after.length > 0) {
    const [left, right] = [byName(before), byName(after)];
    if (left && right && (left.size > 0 || right.size > 0)) {
      const names = [...new Set([...left.keys(), ...right.keys()])];
      return names.flatMap((name) => changesBetween(left.get(name), right.get(name), `${path}[${name}]`));
    }
  }
  const [x, y] = [JSON.stringify(before), JSON.stringify(after)];
  if (x === y) return [];
  return [{ path, ...(x === undefined ? {} : { before: x }), ...(y === undefined ? {} : { after: y }) }];
}
