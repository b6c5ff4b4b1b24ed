import { KhaError } from '../../cluster/error.ts';
import type { Handler } from '../command.ts';
import type { DoctorInput } from '../commands/doctor.ts';
import type { Context } from '../context.ts';
import { type Check, checks, type Verdict } from '../doctor/checks.ts';
import { printRows } from '../output/print-rows.ts';

type Row = Verdict & { check: string; why: string };

const STYLES = { PASS: 'green', WARN: 'yellow', FAIL: 'red' } as const;

export const run: Handler<DoctorInput> = async (context, { options }) => {
  const rows: Row[] = [];
  for (const check of checks)
    for (const verdict of await resultOf(check, context)) rows.push({ ...verdict, check: check.id, why: check.why });
  await printRows(
    context,
    {
      kind: 'Check',
      rows,
      columns: [
        { header: 'RESULT', value: (r) => r.level, paint: (cell, r) => context.paint(STYLES[r.level], cell) },
        { header: 'CHECK', value: (r) => r.check },
        { header: 'FOUND', value: (r) => r.message },
        { header: 'WHY', wide: true, value: (r) => r.why },
      ],
      name: (r) => r.check,
      item: ({ check, level, message, fix, why }) => ({
        check,
        result: level,
        message,
        why,
        ...(fix === undefined ? {} : { fix }),
      }),
      empty: '',
    },
    options,
  );
  if (options.output === undefined || options.output === 'table' || options.output === 'wide') {
    const open = rows.filter((r) => r.fix !== undefined);
    if (open.length > 0) context.say('');
    for (const row of open) context.say(`${context.paintTalk(STYLES[row.level], '→')} ${row.check}: ${row.fix}`);
  }
  const failed = rows.filter((r) => r.level === 'FAIL');
  if (failed.length > 0)
    throw new KhaError(`${failed.length} of ${rows.length} checks failed.`, {
      code: 'KHA1011',
      blame: 'configuration',
      ...(failed[0]?.fix === undefined ? {} : { hint: failed[0].fix }),
    });
};

/** An error that says its way out is a finding like others. */
async function resultOf(check: Check, context: Context): Promise<Verdict[]> {
  try {
    return await check.run(context);
  } catch (error) {
    if (error instanceof KhaError) return [{ level: 'FAIL', message: error.message, fix: error.hint ?? '' }];
    throw error;
  }
}
