import type { z } from 'zod';
import { formatPath, type Issue, type Path } from '../cluster/issue.ts';
import { didYouMean } from '../cluster/did-you-mean.ts';
import { knownKeys, knownPaths, type SchemaNode } from './schema/known-keys.ts';
import { isPlainMap } from './yaml-source.ts';

type ZodIssue = z.core.$ZodIssue;

/** An issue that is about the key at its path rather than its value. */
export type KeyedIssue = Issue & {
  part?: 'key';
  /** There is no such setting: leaving it out changes nothing else. */
  unknown?: true;
};

/** zod's issues in our words. `document` is what was checked. */
export function schemaIssues(schema: SchemaNode, error: z.ZodError, document: unknown): KeyedIssue[] {
  return error.issues.flatMap((issue) => translate(schema, issue, [], document));
}

function translate(schema: SchemaNode, issue: ZodIssue, prefix: Path, document: unknown): KeyedIssue[] {
  const path = [...prefix, ...(issue.path as Path)];
  const value = valueAt(document, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(schema, path, key));
    case 'invalid_union': {
      const branch = fittingBranch(issue.errors as ZodIssue[][]);
      if (branch) return branch.flatMap((inner) => translate(schema, inner, path, document));
      return [problem(path, value, unionMessage(issue))];
    }
    case 'invalid_key': {
      const inner = issue.issues[0];
      const own = inner?.code === 'invalid_value' ? `is not one of: ${inner.values.join(', ')}` : inner?.message;
      return [
        {
          path,
          message: `\`${String(path.at(-1))}\` in ${where(path.slice(0, -1))} ${own ?? 'is not allowed'}.`,
          severity: 'error',
          part: 'key',
        },
      ];
    }
    case 'invalid_type':
      return [
        value === undefined ? missing(path) : problem(path, value, typeMessage(issue), listHint(issue.expected, value)),
      ];
    case 'invalid_value':
      return [problem(path, value, issue.message, enumHint(issue.values, value))];
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      break;
  }
  return [problem(path, value, issue.message)];
}

function problem(path: Path, value: unknown, message: string, hint?: string): KeyedIssue {
  const shown = isSecret(path) || isMisreadVersion(path, value) ? undefined : show(value);
  const text = /^must\b/.test(message) && shown !== undefined ? `${message}; it is ${shown}` : message;
  const ownHint = hint ?? valueHint(path, value);
  return {
    path,
    message: `${where(path)} ${text}.`,
    ...(ownHint && { hint: ownHint }),
    severity: 'error',
  };
}

function missing(path: Path): KeyedIssue {
  return {
    path,
    message: `${where(path)} is missing.`,
    ...(MISSING_HINTS[formatPath(path)] && { hint: MISSING_HINTS[formatPath(path)] as string }),
    severity: 'error',
  };
}

const MISSING_HINTS: Record<string, string> = {
  name: 'Give the cluster a name, for example `name: demo`.',
  hosts: 'List the machines, for example `hosts: {m1: 10.0.0.11}`.',
};

function unknownKey(schema: SchemaNode, path: Path, key: string): KeyedIssue {
  const here = knownKeys(schema, path);
  const near = didYouMean(key, here);
  const elsewhere = near ? undefined : knownPaths(schema).find((p) => p.split('.').at(-1) === key);
  const hint = near
    ? `Did you mean \`${near}\`?`
    : elsewhere
      ? `It belongs to ${elsewhere.split('.').slice(0, -1).join('.') || 'the top level'}: \`${elsewhere}\`.`
      : here.length > 0
        ? `Known here: ${here.join(', ')}.`
        : undefined;
  return {
    path: [...path, key],
    message: `Unknown setting \`${key}\`${path.length > 0 ? ` in ${where(path)}` : ''}.`,
    ...(hint && { hint }),
    severity: 'error',
    part: 'key',
    unknown: true,
  };
}

/** Of the branches of a union the one that the user meant: the one whose outer type fits. */
function fittingBranch(branches: ZodIssue[][]): ZodIssue[] | undefined {
  const fitting = branches.filter(
    (branch) => !branch.some((i) => i.path.length === 0 && (i.code === 'invalid_type' || i.code === 'invalid_value')),
  );
  if (fitting.length > 0) return fitting.reduce((a, b) => (b.length < a.length ? b : a));
  // A union inside of the union may be the one.
  const nested = branches.find((branch) => branch.length === 1 && branch[0]?.code === 'invalid_union');
  const inner = nested?.[0];
  if (inner?.code === 'invalid_union') return fittingBranch(inner.errors as ZodIssue[][]);
  return undefined;
}

function unionMessage(issue: ZodIssue & { code: 'invalid_union' }): string {
  const messages = (issue.errors as ZodIssue[][])
    .flatMap((branch) => branch.filter((i) => i.path.length === 0))
    .map((i) =>
      i.message.startsWith('must be ')
        ? i.message.slice(8)
        : i.code === 'invalid_type'
          ? EXPECTED[i.expected]
          : undefined,
    )
    .filter((m) => m !== undefined);
  const unique = [...new Set(messages)];
  return unique.length > 0 ? `must be ${unique.join(', or ')}` : 'has a value that does not fit';
}

const EXPECTED: Partial<Record<string, string>> = {
  object: 'a map of settings',
  record: 'a map',
  array: 'a list',
  string: 'a text',
};

function typeMessage(issue: ZodIssue & { code: 'invalid_type' }): string {
  if (issue.message.startsWith('must ')) return issue.message;
  return `must be ${EXPECTED[issue.expected] ?? `a ${issue.expected}`}`;
}

const listHint = (expected: string, value: unknown): string | undefined =>
  expected === 'array' && typeof value === 'string' ? `Write it as a list: [${value}].` : undefined;

function enumHint(values: readonly unknown[], value: unknown): string | undefined {
  const near = typeof value === 'string' ? didYouMean(value, values.map(String)) : undefined;
  return near ? `Did you mean \`${near}\`?` : undefined;
}

/** Traps of YAML and of habit. */
function valueHint(path: Path, value: unknown): string | undefined {
  const last = String(path.at(-1));
  if (value === null) return 'Write a value after the colon, or remove the line.';
  if (isMisreadVersion(path, value)) return 'Name the patch too; 1.30 alone is read as the number 1.3.';
  if (typeof value === 'string' && /^(yes|no|on|off)$/i.test(value)) return 'YAML 1.2 knows only true and false.';
  if (isSecret(path) && typeof value === 'string')
    return `Take the ${last} out of the file: \`kha secret put\` keeps it, or export it and write {env: NAME}.`;
  return undefined;
}

const isSecret = (path: Path): boolean => /^(password|passphrase)$/.test(String(path.at(-1)));
const isMisreadVersion = (path: Path, value: unknown): boolean =>
  path.at(-1) === 'version' && typeof value === 'number';

const where = (path: Path): string => (path.length === 0 ? 'The file' : `\`${formatPath(path)}\``);

/** The value as the message shows it; passwords and big values are not shown. */
function show(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (isPlainMap(value)) return 'a map';
  const text = JSON.stringify(typeof value === 'string' ? value.replace(/:\/\/[^/]*@/, '://…@') : value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(document: unknown, path: Path): unknown {
  let value = document;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
