import { nthAddress, parseAddress, parseCidr } from '../../../cluster/cidr.ts';
import { isMap, isUndefined, show, toBool, truthy } from './values.ts';

/** A filter fails with a sentence; the evaluator adds the place. */
export class FilterError extends Error {}

type Filter = (value: unknown, args: unknown[]) => unknown;

const list = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return Array.from(value);
  if (isMap(value)) return Object.keys(value);
  throw new FilterError(`A list is expected, and there is ${show(value)}`);
};
const number = (value: unknown, fallback: number, read: (text: string) => number): number => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const parsed = typeof value === 'number' ? value : read(String(value).trim());
  return Number.isFinite(parsed) ? parsed : fallback;
};
const compare = (a: unknown, b: unknown): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : show(a) < show(b) ? -1 : show(a) > show(b) ? 1 : 0;

/** What `map('extract', hostvars, 'x')` and `map(attribute='x')` do to each item. */
function map(value: unknown, args: unknown[]): unknown[] {
  const [name, ...rest] = args;
  if (name === 'extract') {
    const [container, key] = rest;
    return list(value).map((item) => {
      const found = isMap(container) ? container[String(item)] : undefined;
      const keys = key === undefined ? [] : Array.isArray(key) ? key : [key];
      return keys.reduce((at: unknown, k) => (isMap(at) ? at[String(k)] : undefined), found);
    });
  }
  const filter = typeof name === 'string' && Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter) return list(value).map((item) => filter(item, rest));
  return list(value).map((item) => (isMap(item) ? item[String(name)] : undefined));
}

/** Ansible's ipaddr, as far as networks and addresses of one family go. */
function ipaddr(value: unknown, [query = '']: unknown[]): unknown {
  const text = String(value);
  const network = parseCidr(text) ?? parseAddress(text);
  if (!network) return false;
  const [address = text] = text.split('/');
  if (query === '') return text;
  if (query === 'address' || query === 'ip') return address;
  if (query === 'prefix') return network.prefix;
  if (query === 'network') return nthAddress(network, 0);
  if (query === 'net' || query === 'subnet') return `${nthAddress(network, 0)}/${network.prefix}`;
  const index = Number(query);
  if (!Number.isInteger(index)) throw new FilterError(`ipaddr does not know ${show(query)} here`);
  const bits = network.bytes.length * 8 - network.prefix;
  const nth = nthAddress(network, index < 0 ? 2 ** Math.min(bits, 30) + index : index);
  if (nth === undefined) throw new FilterError(`${text} has no address number ${index}`);
  return `${nth}/${network.prefix}`;
}

export const FILTERS: Record<string, Filter> = {
  bool: (v) => toBool(v),
  capitalize: (v) => show(v).slice(0, 1).toUpperCase() + show(v).slice(1).toLowerCase(),
  count: (v) => list(v).length,
  first: (v) => list(v)[0],
  flatten: (v) => list(v).flat(Number.POSITIVE_INFINITY),
  float: (v, [fallback = 0]) => number(v, Number(fallback), Number),
  int: (v, [fallback = 0]) => Math.trunc(number(v, Number(fallback), (text) => Number(text))),
  ipaddr,
  ipv4: (v) => (parseAddress(String(v).split('/')[0] ?? '')?.family === 4 ? v : false),
  join: (v, [separator = '']) => list(v).map(show).join(show(separator)),
  last: (v) => list(v).at(-1),
  length: (v) => list(v).length,
  list: (v) => list(v),
  lower: (v) => show(v).toLowerCase(),
  map,
  max: (v) => [...list(v)].sort(compare).at(-1),
  min: (v) => [...list(v)].sort(compare)[0],
  quote: (v) => `'${show(v).replace(/'/g, `'"'"'`)}'`,
  replace: (v, [from, to]) => show(v).replaceAll(show(from), show(to)),
  reverse: (v) => (typeof v === 'string' ? list(v).toReversed().join('') : list(v).toReversed()),
  sort: (v) => [...list(v)].sort(compare),
  split: (v, [separator]) => (separator === undefined ? show(v).trim().split(/\s+/) : show(v).split(show(separator))),
  string: (v) => show(v),
  ternary: (v, [yes, no]) => (truthy(v) ? yes : no),
  title: (v) => show(v).replace(/\b\w/g, (c) => c.toUpperCase()),
  trim: (v) => show(v).trim(),
  union: (v, [other]) => [...new Set([...list(v), ...list(other)])],
  difference: (v, [other]) => list(v).filter((x) => !list(other).includes(x)),
  intersect: (v, [other]) => list(v).filter((x) => list(other).includes(x)),
  unique: (v) => [...new Set(list(v))],
  upper: (v) => show(v).toUpperCase(),
};

/** `default(x)` and `default(x, true)`; the one filter that takes what is not defined. */
export function applyDefault(value: unknown, [fallback = '', alsoFalse = false]: unknown[]): unknown {
  return isUndefined(value) || (truthy(alsoFalse) && !truthy(value)) ? fallback : value;
}
