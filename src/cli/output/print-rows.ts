import type { Context } from '../context.ts';
import { document, printDocument } from './document.ts';
import { type Column, renderTable } from './table.ts';

export interface Rows<T> {
  /** Kind of one item in documents, for example `Cluster`. */
  kind: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  /** What `-o name` prints. */
  name: (row: T) => string;
  /** An item of `-o json`. */
  item: (row: T) => Record<string, unknown>;
  /** Told on standard error where there are none. */
  empty: string;
}

/** Prints a list in the format that was asked for. */
export async function printRows<T>(
  context: Context,
  list: Rows<T>,
  options: { output: string | undefined; noHeaders: boolean },
): Promise<void> {
  if (options.output === 'json' || options.output === 'yaml') {
    const items = list.rows.map((row) => document(list.kind, list.item(row)));
    await printDocument(context, options.output, document(`${list.kind}List`, { items }));
    return;
  }
  if (options.output === 'name') {
    for (const row of list.rows) context.print(list.name(row));
    return;
  }
  if (list.rows.length === 0) {
    context.say(list.empty);
    return;
  }
  const wide = options.output === 'wide';
  for (const line of renderTable(list.columns, list.rows, { wide, headers: !options.noHeaders })) context.print(line);
}
