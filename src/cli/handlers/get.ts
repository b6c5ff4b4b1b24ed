import type { Cluster, Host } from '../../cluster/cluster.ts';
import { KhaError } from '../../cluster/error.ts';
import { rolesOf } from '../../cluster/role.ts';
import { storedCluster } from '../../config/stored-cluster.ts';
import type { OperationState, OperationSummary } from '../../ports/operations.ts';
import type { RecordedCluster } from '../../ports/store.ts';
import type { Progress } from '../../workflows/protocol.ts';
import { waitsFor, waitText } from '../../workflows/waits-for.ts';
import { askAll } from '../ask-all.ts';
import type { Handler } from '../command.ts';
import type { GetInput } from '../commands/get.ts';
import type { Style } from '../colour.ts';
import type { Context } from '../context.ts';
import { notFound, usageError } from '../errors.ts';
import { printRows, type Rows } from '../output/print-rows.ts';
import { age, iso, took } from '../output/time.ts';
import { recorded } from '../recorded.ts';
import { waitsDocument } from '../waits-document.ts';

export const run: Handler<GetInput> = async (context, { args, options }) => {
  if (options.within !== undefined && !args.kind.startsWith('certificate'))
    throw usageError('--within is for certificates.', 'Leave it out.');
  if (args.kind.startsWith('cluster'))
    await printRows(context, await clusters(context, args.name ?? options.cluster), options);
  else if (args.kind.startsWith('certificate')) {
    const { getCertificates } = await import('./get-certificates.ts');
    const clusters = await allClusters(context, args.name ?? options.cluster);
    await getCertificates(
      context,
      clusters.map(({ cluster }) => cluster),
      options,
    );
  } else if (args.kind.startsWith('host'))
    await printRows(context, await hosts(context, options.cluster, args.name), options);
  else await printRows(context, await workflows(context, args.name ?? options.cluster, options.output), options);
};

interface ClusterRow {
  record: RecordedCluster;
  cluster: Cluster;
}

async function allClusters(context: Context, name: string | undefined): Promise<ClusterRow[]> {
  if (name !== undefined) return [await recorded(context, name)];
  const store = await context.store();
  return Promise.all(
    (await store.listClusters()).map(async (record) => ({
      record,
      cluster: await storedCluster(store, record.cluster),
    })),
  );
}

async function clusters(context: Context, name: string | undefined): Promise<Rows<ClusterRow>> {
  const now = context.now();
  const since = (time: string): string => age(now - Date.parse(time));
  return {
    kind: 'Cluster',
    rows: await allClusters(context, name),
    columns: [
      { header: 'NAME', value: ({ cluster }) => cluster.name },
      { header: 'KUBERNETES', value: ({ cluster }) => cluster.kubernetes.version },
      { header: 'HOSTS', value: ({ cluster }) => String(cluster.hosts.length) },
      { header: 'MASTERS', value: ({ cluster }) => cluster.roles.masters.join(',') },
      { header: 'LOAD BALANCER', value: ({ cluster }) => cluster.loadBalancer.address ?? 'on every node' },
      { header: 'AGE', value: ({ record }) => since(record.createdAt) },
      { header: 'UPDATED', wide: true, value: ({ record }) => since(record.updatedAt) },
      { header: 'PODS', wide: true, value: ({ cluster }) => cluster.kubernetes.podSubnet },
      { header: 'SERVICES', wide: true, value: ({ cluster }) => cluster.kubernetes.serviceSubnet },
      { header: 'SOURCES', wide: true, value: ({ record }) => record.sources.join(',') },
    ],
    name: ({ cluster }) => cluster.name,
    item: ({ record, cluster }) => ({ metadata: { ...record }, spec: cluster }),
    empty: 'There is no cluster yet. Start one: kha start-workflow init-cluster -f cluster.yaml',
  };
}

interface HostRow {
  cluster: Cluster;
  host: Host;
}

async function hosts(context: Context, cluster: string | undefined, name: string | undefined): Promise<Rows<HostRow>> {
  const all = (await allClusters(context, cluster)).flatMap((row) =>
    row.cluster.hosts.map((host) => ({ cluster: row.cluster, host })),
  );
  const rows = name === undefined ? all : all.filter((r) => r.host.name === name || r.host.address === name);
  if (name !== undefined && rows.length === 0)
    throw notFound(
      `There is no host ${name}.`,
      `See them all: kha get hosts${cluster === undefined ? '' : ` -c ${cluster}`}`,
    );
  return {
    kind: 'Host',
    rows,
    columns: [
      { header: 'CLUSTER', value: (r) => r.cluster.name },
      { header: 'NAME', value: (r) => r.host.name },
      { header: 'ADDRESS', value: (r) => r.host.address },
      { header: 'ROLES', value: (r) => rolesOf(r.cluster, r.host).join(',') },
      { header: 'NODE', wide: true, value: (r) => r.host.nodeName },
      { header: 'LOGIN', wide: true, value: ({ host: { connection: c } }) => `${c.user}@${c.address}:${c.port}` },
      { header: 'THROUGH', wide: true, value: (r) => r.host.connection.jump.map((j) => j.name).join(',') },
    ],
    name: (r) => r.host.name,
    item: ({ cluster: of, host }) => ({
      metadata: { name: host.name, cluster: of.name },
      spec: { ...host, roles: rolesOf(of, host) },
    }),
    empty: 'There is no host yet.',
  };
}

interface WorkflowRow extends OperationSummary {
  progress?: Progress | KhaError;
}

async function workflows(
  context: Context,
  cluster: string | undefined,
  output: GetInput['options']['output'],
): Promise<Rows<WorkflowRow>> {
  const now = context.now();
  const operations = await context.operations();
  const all = await operations.list({ ...(cluster === undefined ? {} : { cluster }), limit: 100 });
  // A name can be told without asking anybody.
  const asked = output === 'name' ? [] : await askAll(operations, all);
  const answers = new Map(asked.map(({ about, progress }) => [about.runId, { progress }]));
  const colours: Partial<Record<OperationState, Style>> = { running: 'cyan', waiting: 'yellow', completed: 'green' };
  return {
    kind: 'Operation',
    rows: all.map((o) => ({ ...o, ...answers.get(o.runId) })),
    columns: [
      { header: 'CLUSTER', value: (o) => o.cluster },
      { header: 'OPERATION', value: (o) => o.operation },
      {
        header: 'STATE',
        value: (o) => o.state,
        paint: (cell, o) => context.paint(waitOf(o) === '' ? (colours[o.state] ?? 'red') : 'yellow', cell),
      },
      { header: 'AGE', value: (o) => age(now - o.startedAt) },
      { header: 'TOOK', value: (o) => (o.endedAt === undefined ? '' : took(o.endedAt - o.startedAt)) },
      { header: 'WAITS FOR', value: waitOf },
      { header: 'BY', wide: true, value: (o) => o.by ?? '' },
      { header: 'STARTED', wide: true, value: (o) => iso(o.startedAt) },
      { header: 'WORKFLOW', wide: true, value: (o) => o.workflowId },
      { header: 'RUN', wide: true, value: (o) => o.runId },
    ],
    name: (o) => o.runId,
    item: ({ progress, ...o }) => ({
      ...o,
      startedAt: iso(o.startedAt),
      ...(o.endedAt === undefined ? {} : { endedAt: iso(o.endedAt) }),
      ...(progress && !(progress instanceof KhaError) ? waitsDocument(progress) : {}),
    }),
    empty: 'Nothing ran yet. Start an operation: kha start-workflow init-cluster -f cluster.yaml',
  };
}

/** What keeps it; nothing where it goes on or is over. */
function waitOf({ state, progress }: WorkflowRow): string {
  if (state === 'waiting') return 'its turn';
  if (!progress) return '';
  if (progress instanceof KhaError) return progress.code === 'KHA6010' ? 'a kha worker' : '';
  return waitText(waitsFor(progress))?.replace(/^waits for /, '') ?? '';
}
