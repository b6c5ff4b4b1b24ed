import type { Path } from '../../cluster/issue.ts';
import { toBool } from './jinja/values.ts';

/** What a variable of the seed comes to. */
export type Outcome =
  | { set: Path; value: unknown }
  | { warning: string; hint: string }
  | { error: string; hint: string }
  /** Kept in the store under `<cluster>/<secret>`. */
  | { secret: string; value: string };

/** Another variable's value for the same host, or undefined. */
export type Get = (name: string) => unknown;

/** A value in the form that the cluster file wants; what does not fit is left as it is, and the schema complains. */
export type Conversion = (value: unknown) => unknown;

export const asIs: Conversion = (value) => value;
export const text: Conversion = (value) =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
export const integer: Conversion = (value) =>
  typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
/** A span of time as Go writes it, hours, minutes and seconds. */
export const seconds: Conversion = (value) => {
  const match = typeof value === 'string' && /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value.trim());
  return match && match[0] !== ''
    ? Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)
    : integer(value);
};
/** Ansible takes yes, on, 1 and true; anything else that looks like a flag is no. */
export const flag: Conversion = (value) =>
  toBool(value) || (typeof value === 'string' ? !/^(n|no|off|0|false|f|)$/i.test(value.trim()) && value : false);
export const textList: Conversion = (value) => {
  if (value === null || value === '') return [];
  if (typeof value === 'string')
    return value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return Array.isArray(value) ? value.map(text) : value;
};
export const emptyMap: Conversion = (value) => (value === null || value === '' ? {} : value);
/** Flags of a component; the seed's lists keep one flag an item. */
export const extraArgs: Conversion = (value) => {
  if (Array.isArray(value) && value.every((v) => typeof v === 'object' && v !== null))
    return Object.assign({}, ...value);
  return emptyMap(value);
};
/** The seed's templates walk over a list of volumes, its default is an empty map. */
export const volumes: Conversion = (value) => {
  if (value === null || value === '') return [];
  if (typeof value === 'object' && !Array.isArray(value))
    return Object.entries(value).map(([name, volume]: [string, unknown]) => ({ name, ...(volume as object) }));
  return value;
};
