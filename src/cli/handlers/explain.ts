import { didYouMean } from '../../cluster/did-you-mean.ts';
import { errorCodes, errorNamed } from '../../cluster/error-codes.ts';
import type { Handler } from '../command.ts';
import type { ExplainInput } from '../commands/explain.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { explainField } from '../explain/field.ts';
import { document, printDocument } from '../output/document.ts';
import { wrap } from '../output/fit.ts';

type Options = ExplainInput['options'];

export const run: Handler<ExplainInput> = async (context, { args: { what, id }, options }) => {
  if (what === 'error' || (id === undefined && /^KHA\d{4}$/i.test(what)))
    return explainError(context, what === 'error' ? id : what, options);
  if (what === 'step') return explainStep(context, id, options);
  if (what === 'operation') return explainOperation(context, id, options);
  return explainPath(context, what === 'field' ? (id ?? '') : what, options);
};

/** A document for programs, or lines for people. */
async function show(
  context: Context,
  options: Options,
  kind: string,
  content: Record<string, unknown>,
  lines: string[],
): Promise<void> {
  if (options.output === 'json' || options.output === 'yaml')
    await printDocument(context, options.output, document(kind, content));
  else for (const line of lines) context.print(line);
}

const paragraph = (context: Context, text: string): string[] =>
  wrap(text, Math.min(context.stdout.columns ?? 100, 100));

async function explainError(context: Context, code: string | undefined, options: Options): Promise<void> {
  const { paint } = context;
  if (code === undefined) {
    const lines = errorCodes.map((e) => `${paint('cyan', e.code)}  ${e.title}`);
    return show(context, options, 'ErrorCodeList', { items: errorCodes }, lines);
  }
  const found = errorNamed(code);
  if (!found) throw notFound(`There is no error code ${code}.`, 'See them all: kha explain error');
  await show(context, options, 'ErrorCode', { ...found }, [
    paint('bold', `${found.code}: ${found.title}`),
    '',
    ...paragraph(context, found.meaning),
    '',
    ...paragraph(context, `→ ${found.wayOut}`),
  ]);
}

async function explainStep(context: Context, id: string | undefined, options: Options): Promise<void> {
  const { operations } = await import('../../operations/registry.ts');
  const all = Object.values(operations);
  const steps = [...new Map(all.flatMap((o) => o.steps.map((s) => [s.id, s] as const))).values()];
  const { paint } = context;
  if (id === undefined) {
    const lines = steps.map((s) => `${paint('cyan', s.id.padEnd(24))}  ${s.title}`);
    return show(
      context,
      options,
      'StepList',
      { items: steps.map(({ id: of, title, why }) => ({ id: of, title, why })) },
      lines,
    );
  }
  const found = steps.find((s) => s.id === id);
  if (!found) {
    const near = didYouMean(
      id,
      steps.map((s) => s.id),
    );
    throw notFound(
      `There is no step ${id}.`,
      near === undefined ? 'See them all: kha explain step' : `Did you mean ${near}?`,
    );
  }
  const after = (found.after ?? []).map((s) => s.id);
  const afterAll = (found.afterAll ?? []).map((s) => s.id);
  const used = all.filter((o) => o.steps.includes(found)).map((o) => o.id);
  const content = {
    id,
    title: found.title,
    why: found.why,
    after,
    afterAll,
    order: found.order ?? 'side by side',
    policy: found.policy,
    operations: used,
  };
  await show(context, options, 'Step', content, [
    paint('bold', `${found.id}: ${found.title}`),
    '',
    ...paragraph(context, found.why),
    '',
    `Comes after  ${[...after, ...afterAll.map((s) => `${s} (on every host)`)].join(', ') || 'nothing'}`,
    `Hosts        ${found.order === 'one-by-one' ? 'one by one' : 'side by side'}`,
    `Part of      ${used.join(', ')}`,
    '',
    `Without it:  --skip-steps ${id}      Only it:  --only ${id}`,
  ]);
}

async function explainOperation(context: Context, id: string | undefined, options: Options): Promise<void> {
  const { operationNamed, operations } = await import('../../operations/registry.ts');
  const { paint } = context;
  if (id === undefined) {
    const all = Object.values(operations);
    const lines = all.map((o) => `${paint('cyan', o.id.padEnd(24))}  ${o.title}`);
    return show(
      context,
      options,
      'OperationList',
      { items: all.map(({ id: of, title, why }) => ({ id: of, title, why })) },
      lines,
    );
  }
  const found = operationNamed(id);
  const steps = found.steps.map(({ id: step, title, why }) => ({ id: step, title, why }));
  await show(context, options, 'OperationExplanation', { id, title: found.title, why: found.why, steps }, [
    paint('bold', `${found.id}: ${found.title}`),
    '',
    ...paragraph(context, found.why),
    '',
    ...steps.flatMap((s, i) => [
      `${String(i + 1).padStart(3)}  ${paint('cyan', s.id)}  ${s.title}`,
      ...wrap(s.why, Math.min(context.stdout.columns ?? 100, 100) - 7).map((line) => paint('dim', `     ${line}`)),
    ]),
  ]);
}

async function explainPath(context: Context, path: string, options: Options): Promise<void> {
  const { clusterJsonSchema } = await import('../../config/json-schema.ts');
  const found = explainField(clusterJsonSchema(), path);
  if ('missing' in found) {
    const near = didYouMean(found.missing, found.known);
    const names =
      found.known.length > 0
        ? `Fields there: ${[...new Set(found.known)].sort().join(', ')}.`
        : 'It has no fields inside.';
    throw notFound(`The cluster file has no field ${path}.`, near === undefined ? names : `Did you mean ${near}?`);
  }
  const { paint } = context;
  const value = (v: unknown): string => (typeof v === 'string' ? v : JSON.stringify(v));
  await show(context, options, 'Field', { ...found }, [
    `${paint('bold', found.path)}  ${paint('dim', found.type)}`,
    ...(found.description === undefined ? [] : ['', ...paragraph(context, found.description)]),
    '',
    ...(found.choices === undefined ? [] : [`One of:   ${found.choices.map(value).join(', ')}`]),
    ...(found.default === undefined || typeof found.default === 'object' ? [] : [`Default:  ${value(found.default)}`]),
    ...(found.examples === undefined ? [] : [`Example:  ${found.examples.map(value).join(', ')}`]),
    ...found.fields.map(
      (f) =>
        `  ${paint('cyan', f.name.padEnd(26))} ${f.description ?? paint('dim', f.type)}${f.required ? paint('yellow', ' (required)') : ''}`,
    ),
  ]);
}
