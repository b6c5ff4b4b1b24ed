/** A name that has no value; an error where it is used, unless `default` or `is defined` catches it. */
export interface Undefined {
  readonly undefinedName: string;
}

export const undefinedValue = (name: string): Undefined => Object.freeze({ undefinedName: name });

export const isUndefined = (value: unknown): value is Undefined =>
  typeof value === 'object' && value !== null && 'undefinedName' in value && Object.isFrozen(value);

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isUndefined(value);

/** Python's truth. */
export function truthy(value: unknown): boolean {
  if (value === null || value === undefined || isUndefined(value)) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return value !== false && value !== 0 && value !== '';
}

/** Python's `str`, as far as a template shows it. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (isMap(value))
    return `{${Object.entries(value)
      .map(([k, v]) => `${repr(k)}: ${repr(v)}`)
      .join(', ')}}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const repr = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : show(value));

export function equal(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

/** Ansible's `bool`: yes, on, 1 and true, in any case. */
export const toBool = (value: unknown): boolean =>
  value === true || value === 1 || (typeof value === 'string' && /^(y|yes|on|1|true|t)$/i.test(value.trim()));
