import { didYouMean } from '../../cluster/did-you-mean.ts';
import type { Inventory } from './inventory.ts';
import { evaluateTemplate } from './jinja/evaluate.ts';
import { JinjaError } from './jinja/syntax.ts';
import { undefinedValue } from './jinja/values.ts';
import type { Located, Trouble } from './located.ts';
import type { ResolvedInventory } from './resolve-groups.ts';
import { SEED_VARIABLES } from './seed-variables.ts';

/** A trouble on its way out of the evaluation of a variable. */
export class TroubleError extends Error {
  readonly trouble: Trouble;
  constructor(trouble: Trouble) {
    super(trouble.message);
    this.trouble = trouble;
  }
}

/** Variables as each host sees them, expressions evaluated. */
export interface Scope {
  /** Where a variable of a host stands; extra variables win. */
  located(host: string, name: string): Located | undefined;
  /** Its value; undefined where it is not set. Throws TroubleError. */
  value(host: string, name: string): unknown;
  names(host: string): string[];
  /** Names that expressions referred to: a variable that only others use is not unknown. */
  used: Set<string>;
}

const FACT =
  /^(ansible_(architecture|distribution\w*|os_family|kernel|facts|all_ipv4_addresses|default_ipv4|hostname|fqdn|processor\w*|memtotal_mb|eth\d+|pkg_mgr|service_mgr|system|userspace_\w+)|host_(architecture|distribution|distribution_release))$/;

export function createScope(inventory: Inventory, resolved: ResolvedInventory, extra: Map<string, Located>): Scope {
  const used = new Set<string>();
  const cache = new Map<string, unknown>();
  const running: string[] = [];
  const located = (host: string, name: string): Located | undefined =>
    extra.get(name) ?? resolved.variablesOf(host).get(name);
  const names = (host: string): string[] => [...new Set([...extra.keys(), ...resolved.variablesOf(host).keys()])];

  function value(host: string, name: string): unknown {
    const key = `${host}\n${name}`;
    if (cache.has(key)) return cache.get(key);
    const source = located(host, name);
    if (!source) return undefined;
    if (running.includes(key) || running.length > 100)
      throw new TroubleError({
        file: source.file,
        offset: source.nameOffset,
        message: `The variable ${name} refers to itself: ${[...running.slice(running.indexOf(key)), key].map((k) => k.split('\n')[1]).join(' → ')}.`,
        hint: 'Write the value itself into one of them.',
      });
    running.push(key);
    try {
      const result = deep(host, source.value, source, true);
      cache.set(key, result);
      return result;
    } finally {
      running.pop();
    }
  }

  /** Evaluates texts anywhere inside of a value; only an outermost text has exact places inside of it. */
  function deep(host: string, given: unknown, source: Located, outermost: boolean): unknown {
    if (typeof given === 'string') return template(host, given, source, outermost);
    if (Array.isArray(given)) return given.map((item) => deep(host, item, source, false));
    if (typeof given === 'object' && given !== null)
      return Object.fromEntries(
        Object.entries(given).map(([k, v]) => [
          k.includes('{{') ? String(template(host, k, source, false)) : k,
          deep(host, v, source, false),
        ]),
      );
    return given;
  }

  function template(host: string, text: string, source: Located, exact: boolean): unknown {
    if (!/\{[{%#]/.test(text)) return text;
    try {
      return evaluateTemplate(text, (name, at) => lookup(host, name, at));
    } catch (error) {
      if (!(error instanceof JinjaError)) throw error;
      // A block text of YAML begins on the line after its key, so only a place on one line is exact.
      const inner = exact && !/[\n\r]/.test(text) ? error.at : 0;
      throw new TroubleError({
        file: source.file,
        offset: source.offset + inner,
        message: error.message,
        hint: error.hint,
      });
    }
  }

  function lookup(host: string, name: string, at: number): unknown {
    used.add(name);
    if (located(host, name)) return value(host, name);
    if (name === 'inventory_hostname') return host;
    if (name === 'inventory_hostname_short') return host.split('.')[0];
    if (name === 'group_names') return resolved.groupsOf(host);
    if (name === 'groups') return groups();
    if (name === 'hostvars') return hostvars();
    if (FACT.test(name))
      throw new JinjaError(
        at,
        `${name} is a fact of each host, which is not known when the file is read.`,
        'Write what it comes to on your hosts.',
      );
    const known = Object.hasOwn(SEED_VARIABLES, name) ? SEED_VARIABLES[name]?.default : undefined;
    if (known !== undefined) return known;
    const near = didYouMean(name, names(host));
    return undefinedValue(near && near !== name ? `${name} (did you mean ${near}?)` : name);
  }

  function groups(): Record<string, string[]> {
    const all: Record<string, string[]> = {};
    for (const name of KNOWN_GROUPS) all[name] = [];
    for (const name of inventory.groups.keys()) all[name] = resolved.hostsOf(name);
    return all;
  }

  function hostvars(): Record<string, unknown> {
    const lazily = (target: Record<string, unknown>, key: string, get: () => unknown): void => {
      Object.defineProperty(target, key, { enumerable: true, get });
    };
    const all: Record<string, unknown> = {};
    for (const host of inventory.hosts.keys())
      lazily(all, host, () => {
        const one: Record<string, unknown> = { inventory_hostname: host, group_names: resolved.groupsOf(host) };
        for (const name of names(host)) {
          if (name in one) continue;
          lazily(one, name, () => {
            used.add(name);
            return value(host, name);
          });
        }
        return one;
      });
    return all;
  }

  return { located, value, names, used };
}

/** Groups of the seed that mean something. */
export const KNOWN_GROUPS = [
  'all',
  'ungrouped',
  'lb',
  'etcd',
  'kube-master',
  'kube-worker',
  'new-master',
  'new-worker',
  'new-etcd',
  'del-worker',
  'del-master',
  'del-etcd',
  'del-node',
];
