import { type Cluster, comeTo } from '../cluster/cluster.ts';
import type { Finding } from '../cluster/error.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import type { Renewal } from '../cluster/renewal.ts';
import { preflight } from '../cluster/preflight.ts';
import { withSettings } from '../cluster/settings.ts';
import { sh, shJoin, shRaw } from '../formats/sh.ts';
import { lookScript, readReports, withConsequences } from '../graph/effects/compile.ts';
import { type Effect, effectKind } from '../graph/effects/registry.ts';
import { makePlan, type PlanOptions } from '../graph/make-plan.ts';
import type { Operation } from '../graph/operation.ts';
import { wantedKernel } from '../parts/kernel/registry.ts';
import type { Plan } from '../graph/plan.ts';
import { secretValuesOf } from './apply-effects.ts';
import { gatherFacts } from './gather-facts.ts';
import type { ActivityName, Task } from '../graph/task.ts';
import { renewedCertificates } from '../steps/renewed-certificates.ts';
import type { Ports } from './ports.ts';
import type { PreviewLine, PreviewScope } from './preview-line.ts';
import { previewDrain } from './preview-drain.ts';
import { previewRenewal } from './preview-renewal.ts';
import { previewServing } from './preview-serving.ts';
import { previewRecovery } from './preview-recovery.ts';
import { openReader } from './session.ts';
import { demandStanding, hostsToRead } from './standing-cluster.ts';

export interface PreviewTask {
  id: string;
  lines: PreviewLine[];
}

export interface Preview {
  plan: Plan;
  /** Preflight, errors and warnings. */
  findings: Finding[];
  /** Tasks made of effects, or with an activity that can tell; others can only be told by name. */
  tasks: PreviewTask[];
}

/** Activities that can tell what they would meet. */
type Previewer = (scope: PreviewScope, host: string) => Promise<PreviewLine[]>;
const PREVIEWS: Partial<Record<ActivityName, Previewer>> = {
  drainNode: previewDrain,
  approveServingRequests: previewServing,
  renewCertificates: previewRenewal,
  confirmEtcdLost: previewRecovery,
  bootKernel: async ({ cluster, facts }, host) => [
    {
      title: `${host} restarts with ${wantedKernel(cluster, facts[host]) ?? 'another kernel'}`,
      outcome: 'differs',
      state: `runs ${facts[host]?.kernel ?? '?'}`,
    },
  ],
  rebootHost: async ({ facts }, host) => [
    { title: `${host} restarts`, outcome: 'differs', state: `runs ${facts[host]?.kernel ?? '?'}` },
  ],
};

/** While authorities are replaced, what is due follows from what the steps before it make. */
const previewerOf = ({ step, activity }: Task): Previewer | undefined =>
  activity === 'renewCertificates' && step !== renewedCertificates.id ? undefined : PREVIEWS[activity];

export interface PreviewOptions extends PlanOptions {
  ignorePreflightErrors?: string[];
  /** What it is told about certificates. */
  renewal?: Renewal;
  onHost?: (host: string) => void;
}

/** Looks at live hosts as an operation would, and changes nothing: the same plan, the same effects, the same looks. */
export async function previewPlan(
  ports: Ports,
  operation: Operation,
  cluster: Cluster,
  options: PreviewOptions = {},
): Promise<Preview> {
  const { targets, leaving } = options;
  const facts = await factsOf(ports, operation, cluster, options);
  demandStanding(operation, cluster, facts, leaving?.names);
  const ignored = [...(options.ignorePreflightErrors ?? []), ...cluster.kubernetes.ignorePreflightErrors];
  const come = comeTo(cluster, leaving?.before);
  const findings = preflight(
    withSettings(cluster, options.settings),
    facts,
    ignored,
    leaving ? come.map((h) => h.name) : targets,
    operation.demands,
  );
  const { plan, effects } = makePlan(operation, cluster, facts, options);
  const before = leaving?.before ?? cluster;
  const scope: PreviewScope = {
    cluster: withSettings(before, options.settings),
    next: cluster,
    ports,
    ...(options.renewal ? { renewal: options.renewal } : {}),
    facts,
    ...(targets ? { targets } : {}),
    reader: (host) => openReader(ports, before, host),
  };
  const all = { ...before, hosts: [...before.hosts, ...come] };
  const tasks: PreviewTask[] = [];
  await Promise.all(
    all.hosts.map(async ({ name }) => {
      options.onHost?.(name);
      for (const task of plan.tasks.filter((t) => t.host === name && t.skip === undefined)) {
        const list = task.effects === undefined ? undefined : effects[task.effects];
        const lines = list ? await lookAt(ports, all, name, list) : await previewerOf(task)?.(scope, name);
        if (lines) tasks.push({ id: task.id, lines });
      }
    }),
  );
  const order = new Map(plan.tasks.map((t, i) => [t.id, i]));
  tasks.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  return { plan, findings, tasks };
}

/** As an operation gathers them: of all hosts, or of the targets and those others that answer. */
async function factsOf(
  ports: Ports,
  operation: Operation,
  cluster: Cluster,
  { targets, leaving, settings }: PlanOptions,
): Promise<FactsByHost> {
  const read = async (name: string): Promise<FactsByHost> => ({
    [name]: await gatherFacts(
      ports,
      withSettings(leaving?.before.hosts.some((h) => h.name === name) ? leaving.before : cluster, settings),
      name,
      { asks: operation.asks },
    ),
  });
  const { hosts, helpers } = hostsToRead(operation, cluster, {
    ...(targets ? { targets } : {}),
    ...(leaving ? { leaving: leaving.names, before: leaving.before } : {}),
  });
  const found = [...hosts.map(read), ...helpers.map((name) => read(name).catch(() => ({})))];
  return Object.assign({}, ...(await Promise.all(found))) as FactsByHost;
}

/** What each effect of one task would do to its host, in their order. */
export async function lookAt(
  ports: Ports,
  cluster: Cluster,
  hostName: string,
  effects: Effect[],
): Promise<PreviewLine[]> {
  const host = cluster.hosts.find((h) => h.name === hostName);
  if (!host) return [];
  const ssh = ports.ssh(cluster.name);
  // Secrets that a first run has yet to make can't be compared: their files count as differing.
  const secrets = await secretValuesOf(ports.store, effects).catch(() => ({}));
  const looked = await ssh.exec(host.connection, lookScript(effects, secrets), {
    timeoutMs: 120_000,
    maxBytes: 4 << 20,
  });
  const reports = withConsequences(effects, readReports(looked.stdout));
  const differing = reports.filter((r) => r.outcome !== 'same');
  const readable = differing.flatMap((r) => {
    const effect = effects[r.index];
    const read = effect && effectKind(effect).read?.(effect);
    return read ? [{ index: r.index, read }] : [];
  });
  const script = shJoin(
    readable.map(
      ({ index, read }) => sh`printf '%s\t' ${index}; { ${read}
} 2>/dev/null | base64 -w0; echo`,
    ),
  );
  const contents = new Map<number, string>();
  if (readable.length > 0) {
    const out = await ssh.exec(host.connection, shJoin([shRaw('set +e'), script]), {
      timeoutMs: 60_000,
      maxBytes: 16 << 20,
    });
    for (const line of out.stdout.split('\n')) {
      const [index, text] = line.split('\t');
      if (index && text !== undefined) contents.set(Number(index), Buffer.from(text, 'base64').toString('utf8'));
    }
  }
  return reports.map((r) => {
    const effect = effects[r.index];
    const line: PreviewLine = {
      title: effect ? effectKind(effect).title(effect) : '?',
      outcome: r.outcome === 'same' ? 'same' : 'differs',
      state: r.state,
    };
    const after = effect && r.outcome !== 'same' ? effectKind(effect).content?.(effect) : undefined;
    return after === undefined ? line : { ...line, before: contents.get(r.index) ?? '', after };
  });
}
