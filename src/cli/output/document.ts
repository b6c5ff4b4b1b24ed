import type { Context } from '../context.ts';

/** A document for programs: kind and content under kha's version of the format. */
export const document = (kind: string, content: Record<string, unknown>): Record<string, unknown> => ({
  apiVersion: 'kha/v1',
  kind,
  ...content,
});

const answered = new WeakSet<Context>();

/** A document stands on standard output already: another one after it would be no JSON any more. */
export const hasAnswered = (context: Context): boolean => answered.has(context);

/** Prints a document as JSON or YAML. */
export async function printDocument(context: Context, format: 'json' | 'yaml', value: unknown): Promise<void> {
  answered.add(context);
  if (format === 'json') context.print(JSON.stringify(value, null, 2));
  else {
    const { stringify } = await import('yaml');
    context.print(`---\n${stringify(value).trimEnd()}`);
  }
}
