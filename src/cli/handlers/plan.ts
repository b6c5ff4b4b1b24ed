import type { Preview, PreviewOptions } from '../../activities/preview.ts';
import { assumedFacts } from '../../cluster/assumed-facts.ts';
import { KhaError } from '../../cluster/error.ts';
import { makePlan } from '../../graph/make-plan.ts';
import type { Operation } from '../../graph/operation.ts';
import type { Plan } from '../../graph/plan.ts';
import { readApprovals, readWindows } from '../approval-words.ts';
import { showWarnings } from '../cluster-source.ts';
import type { Handler } from '../command.ts';
import type { PlanInput } from '../commands/plan.ts';
import type { Context } from '../context.ts';
import { type Declaration, hostsToEnrol, readDeclaration } from '../declaration.ts';
import { demandSteps } from '../demand-steps.ts';
import { enrolHosts } from '../enrolment.ts';
import { splitList } from '../options.ts';
import { readSettings } from '../read-settings.ts';
import { document, printDocument } from '../output/document.ts';
import { demandRenewable, operationFor, renewalFor } from '../renewal-options.ts';
import { planTree } from '../ui/plan-tree.ts';
import { previewLines } from '../ui/preview.ts';

export const run: Handler<PlanInput> = async (context, { args, options }) => {
  const operation = operationFor(args.operation, options);
  const only = splitList(options.only);
  const skipSteps = splitList(options.skipSteps);
  demandSteps(operation, [...only, ...skipSteps]);
  const renewal = renewalFor(operation, options);
  const settings = readSettings(operation, options);
  const approvals = readApprovals(operation, options);
  const windows = readWindows(options.window);
  const declared = await readDeclaration(context, operation, options);
  const { loaded, targets, leaving } = declared;
  await showWarnings(context, loaded);
  demandRenewable(loaded.cluster, renewal);
  const part = {
    ...(targets ? { targets } : {}),
    ...(leaving ? { leaving } : {}),
    ...(only.length > 0 ? { only } : {}),
    ...(skipSteps.length > 0 ? { skipSteps } : {}),
    ...(settings ? { settings } : {}),
    ...(approvals.length > 0 ? { approvals } : {}),
    ...(windows ? { windows } : {}),
  };
  // Who is added is new, whatever the cluster is.
  const isStanding = declared.basis !== undefined && operation.adds === undefined;
  const preview = options.dryRun
    ? await look(context, operation, declared, { ...part, ...(renewal ? { renewal } : {}) }, options)
    : undefined;
  const plan =
    preview?.plan ??
    makePlan(
      operation,
      loaded.cluster,
      { ...assumedFacts(loaded.cluster, isStanding), ...(leaving && assumedFacts(leaving.before, isStanding)) },
      part,
    ).plan;
  if (options.output === 'json' || options.output === 'yaml')
    await printDocument(context, options.output, planDocument(plan, preview));
  else printPlan(context, operation, plan, preview);
  const errors = preview?.findings.filter((f) => f.severity === 'error') ?? [];
  if (errors.length > 0)
    throw new KhaError(`The hosts are not ready: ${errors.length} preflight checks failed.`, {
      code: 'KHA3400',
      blame: 'host',
      hint: 'Repair what they name, or give --ignore-preflight-errors with the names of checks.',
    });
};

async function look(
  context: Context,
  operation: Operation,
  declared: Declaration,
  part: PreviewOptions,
  options: PlanInput['options'],
): Promise<Preview> {
  const { cluster } = declared.loaded;
  await enrolHosts(context, cluster, hostsToEnrol(declared), { accept: options.acceptHostKeys, replace: false });
  const { previewPlan } = await import('../../activities/preview.ts');
  const { compose } = await import('../../compose.ts');
  const ports = compose(await context.store());
  try {
    return await previewPlan(ports, operation, cluster, {
      ...part,
      ignorePreflightErrors: splitList(options.ignorePreflightErrors),
      onHost: (host) => {
        if (context.global.verbose) context.say(`looking at ${host}`);
      },
    });
  } finally {
    await ports.close();
  }
}

function planDocument(plan: Plan, preview: Preview | undefined): Record<string, unknown> {
  const { digest, operation, cluster, declaration, tasks } = plan;
  return document('Plan', {
    operation,
    cluster,
    declaration,
    // Without facts the digest is not the one that would run, so it can't be approved.
    ...(preview ? { digest, findings: preview.findings, changes: preview.tasks } : {}),
    tasks,
  });
}

function printPlan(context: Context, operation: Operation, plan: Plan, preview: Preview | undefined): void {
  const { paint, stdout } = context;
  for (const line of planTree(plan, operation, { width: stdout.columns ?? 100, paint, digest: preview !== undefined }))
    context.print(line);
  if (!preview) {
    context.say(
      '\nNo host was looked at: this is the plan for new machines. What would change on yours: add --dry-run',
    );
    return;
  }
  for (const finding of preview.findings)
    context.print(
      `${paint(finding.severity === 'error' ? 'red' : 'yellow', `${finding.severity}:`)} ${finding.message}${finding.hint ? `\n  ${paint('cyan', '→')} ${finding.hint}` : ''}`,
    );
  for (const line of previewLines(preview, paint)) context.print(line);
  context.say(`\nTo run this very plan and no other: --approved-plan ${plan.digest}`);
}
