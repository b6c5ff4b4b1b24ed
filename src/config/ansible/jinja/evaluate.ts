import { didYouMean } from '../../../cluster/did-you-mean.ts';
import { applyDefault, FILTERS, FilterError } from './filters.ts';
import { splitTemplate } from './parse.ts';
import { JinjaError, type Node } from './syntax.ts';
import { equal, isMap, isUndefined, show, truthy, undefinedValue } from './values.ts';

/** Value of a name, or `undefinedValue(name)`; throws JinjaError where it can't be known. */
export type Lookup = (name: string, at: number) => unknown;

const HINT = 'Write the value itself here.';

/**
 * Evaluates a value that may have expressions. One that is nothing but an expression keeps its type, as
 * `"{{ groups['etcd'] }}"` is a list; otherwise the result is a text. Throws JinjaError.
 */
export function evaluateTemplate(text: string, lookup: Lookup): unknown {
  const parts = splitTemplate(text);
  const values = parts.map((part) => (typeof part === 'string' ? part : defined(evaluate(part, lookup), part.at)));
  const expressions = values.filter((_, i) => typeof parts[i] !== 'string');
  const texts = parts.filter((part) => typeof part === 'string').join('');
  return expressions.length === 1 && texts.trim() === '' ? expressions[0] : values.map(show).join('');
}

function defined(value: unknown, at: number): unknown {
  if (!isUndefined(value)) return value;
  throw new JinjaError(
    at,
    `${value.undefinedName} is not defined.`,
    `Set the variable, or give a default: {{ ${value.undefinedName} | default('…') }}.`,
  );
}

// oxlint-disable-next-line consistent-return -- the switch has every kind, as the compiler knows.
function evaluate(node: Node, lookup: Lookup): unknown {
  const value = (n: Node): unknown => defined(evaluate(n, lookup), n.at);
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'name':
      return lookup(node.name, node.at);
    case 'list':
      return node.items.map(value);
    case 'map':
      return Object.fromEntries(node.entries.map(([k, v]) => [show(value(k)), value(v)]));
    case 'member':
      return member(value(node.of), value(node.key), node.at);
    case 'slice':
      return slice(value(node.of), node.from && value(node.from), node.to && value(node.to), node.at);
    case 'unary':
      if (node.op === 'not') return !truthy(evaluate(node.of, lookup));
      return arithmetic(node.op, 0, value(node.of), node.at);
    case 'if':
      if (truthy(evaluate(node.condition, lookup))) return evaluate(node.body, lookup);
      return node.otherwise ? evaluate(node.otherwise, lookup) : '';
    case 'binary':
      return binary(node.op, node.left, node.right, node.at, lookup);
    case 'filter':
      return filter(node, lookup);
    case 'test':
      return test(node, lookup);
    case 'call':
      return call(node, lookup);
  }
}

function member(of: unknown, key: unknown, at: number): unknown {
  if (Array.isArray(of) || typeof of === 'string') {
    const index = Number(key);
    if (!Number.isInteger(index)) throw new JinjaError(at, `A list has no ${show(key)}.`, 'Use a number, from 0.');
    const found = of.at(index);
    if (found === undefined) return undefinedValue(`item ${index}`);
    return found;
  }
  if (isMap(of)) return Object.hasOwn(of, show(key)) ? of[show(key)] : undefinedValue(show(key));
  throw new JinjaError(at, `${show(of)} has no ${show(key)}.`, HINT);
}

function slice(of: unknown, from: unknown, to: unknown, at: number): unknown {
  if (!Array.isArray(of) && typeof of !== 'string') throw new JinjaError(at, `${show(of)} can't be sliced.`, HINT);
  return of.slice(from === undefined ? 0 : Number(from), to === undefined ? undefined : Number(to));
}

function binary(op: string, left: Node, right: Node, at: number, lookup: Lookup): unknown {
  if (op === 'and' || op === 'or') {
    const first = evaluate(left, lookup);
    return truthy(first) === (op === 'and') ? evaluate(right, lookup) : first;
  }
  const a = defined(evaluate(left, lookup), left.at);
  const b = defined(evaluate(right, lookup), right.at);
  if (op === '~') return show(a) + show(b);
  if (op === '==') return equal(a, b);
  if (op === '!=') return !equal(a, b);
  if (op === 'in') {
    if (typeof b === 'string') return b.includes(show(a));
    if (Array.isArray(b)) return b.some((item) => equal(a, item));
    if (isMap(b)) return Object.hasOwn(b, show(a));
    throw new JinjaError(at, `Nothing can be in ${show(b)}.`, HINT);
  }
  if (op === '<' || op === '<=' || op === '>' || op === '>=') return ordered(op, a, b, at);
  return arithmetic(op, a, b, at);
}

function ordered(op: string, a: unknown, b: unknown, at: number): boolean {
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string'))
    throw new JinjaError(at, `${show(a)} and ${show(b)} can't be compared.`, 'Convert both with | int.');
  const x = a as number;
  const y = b as number;
  return op === '<' ? x < y : op === '<=' ? x <= y : op === '>' ? x > y : x >= y;
}

function arithmetic(op: string, a: unknown, b: unknown, at: number): unknown {
  if (op === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
  if (op === '+' && Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  if (typeof a !== 'number' || typeof b !== 'number')
    throw new JinjaError(
      at,
      `${show(a)} ${op} ${show(b)} can't be computed.`,
      op === '+' ? 'Join texts with ~, or convert numbers with | int.' : 'Convert both with | int.',
    );
  if ((op === '/' || op === '//' || op === '%') && b === 0) throw new JinjaError(at, 'Division by zero.', HINT);
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.floor(a / b);
    case '%':
      return a - b * Math.floor(a / b);
    default:
      return a ** b;
  }
}

function filter(node: Node & { kind: 'filter' }, lookup: Lookup): unknown {
  const name = node.name.replace(/^ansible\.(builtin|utils|netcommon)\./, '');
  if (name === 'default' || name === 'd')
    return applyDefault(
      evaluate(node.of, lookup),
      node.args.map((arg) => defined(evaluate(arg, lookup), arg.at)),
    );
  const apply = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (!apply) {
    const near = didYouMean(name, ['default', ...Object.keys(FILTERS)]);
    throw new JinjaError(node.at, `kha does not know the filter ${node.name}.`, near ? `Did you mean ${near}?` : HINT);
  }
  const of = defined(evaluate(node.of, lookup), node.of.at);
  const args = node.args.map((arg) => defined(evaluate(arg, lookup), arg.at));
  try {
    const result = apply(of, args);
    return result === undefined ? undefinedValue(`the result of ${name}`) : result;
  } catch (error) {
    if (error instanceof FilterError) throw new JinjaError(node.at, `${error.message}.`, HINT);
    throw error;
  }
}

function test(node: Node & { kind: 'test' }, lookup: Lookup): boolean {
  const of = evaluate(node.of, lookup);
  const tests: Record<string, () => boolean> = {
    defined: () => !isUndefined(of),
    undefined: () => isUndefined(of),
    none: () => of === null,
    string: () => typeof of === 'string',
    number: () => typeof of === 'number',
    mapping: () => isMap(of),
    sequence: () => Array.isArray(of) || typeof of === 'string',
    iterable: () => Array.isArray(of) || typeof of === 'string' || isMap(of),
    boolean: () => typeof of === 'boolean',
    true: () => of === true,
    false: () => of === false,
  };
  const run = Object.hasOwn(tests, node.name) ? tests[node.name] : undefined;
  if (!run) {
    const near = didYouMean(node.name, Object.keys(tests));
    throw new JinjaError(node.at, `kha does not know the test ${node.name}.`, near ? `Did you mean ${near}?` : HINT);
  }
  return run() !== node.negated;
}

/** The methods of Python's texts and maps that inventories use. */
const METHODS: Record<string, string> = {
  split: 'split',
  lower: 'lower',
  upper: 'upper',
  strip: 'trim',
  replace: 'replace',
  keys: 'list',
};

function call(node: Node & { kind: 'call' }, lookup: Lookup): unknown {
  if (node.of.kind === 'name') {
    const { name } = node.of;
    if (name === 'lookup' || name === 'query' || name === 'q')
      throw new JinjaError(
        node.of.at,
        `kha does not run ${name}(): what it finds depends on the machine, and the cluster is recorded once for all.`,
        'Write the value itself. Passwords go to `kha secret put`, or into a cluster file as {env: NAME}.',
      );
    throw new JinjaError(node.of.at, `kha does not know the function ${name}().`, HINT);
  }
  if (node.of.kind === 'member' && node.of.key.kind === 'literal') {
    const method = String(node.of.key.value);
    const of = defined(evaluate(node.of.of, lookup), node.of.of.at);
    const args = node.args.map((arg) => defined(evaluate(arg, lookup), arg.at));
    if (method === 'get' && isMap(of)) return of[show(args[0])] ?? args[1] ?? null;
    if (method === 'values' && isMap(of)) return Object.values(of);
    const apply = Object.hasOwn(METHODS, method) ? FILTERS[METHODS[method] ?? ''] : undefined;
    if (apply) {
      try {
        return apply(of, args);
      } catch (error) {
        if (error instanceof FilterError) throw new JinjaError(node.at, `${error.message}.`, HINT);
        throw error;
      }
    }
    throw new JinjaError(node.of.at, `kha does not know the method ${method}().`, HINT);
  }
  throw new JinjaError(node.at, 'This can not be called.', HINT);
}
