import type { Context } from '../context.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Candidate, Lookup } from './complete.ts';

/** Temporal is asked only for so long: whoever presses tab does not wait. */
const TEMPORAL_MS = 1500;

/** Names out of this machine's store and the running operation. */
export const createLookup =
  (context: Context): Lookup =>
  async (kind, { cluster }) => {
    const store = await context.store();
    switch (kind) {
      case 'file':
        return 'files';
      case 'cluster':
        return (await store.listClusters()).map((c) => ({ value: c.name }));
      case 'host': {
        const records = (await store.listClusters()).filter((c) => cluster === undefined || c.name === cluster);
        const all = await Promise.all(records.map((r) => store.getObject<Cluster>(r.cluster)));
        return all.flatMap((c) => c.hosts.map((h) => ({ value: h.name, about: h.address })));
      }
      case 'secret':
        return (await store.listSecrets('')).map((value) => ({ value }));
      case 'operation': {
        const { operations } = await import('../../operations/registry.ts');
        return Object.values(operations).map((o) => ({ value: o.id, about: o.title }));
      }
      case 'scheduled': {
        const { operations } = await import('../../operations/registry.ts');
        return Object.values(operations).flatMap((o) => (o.scheduled ? [{ value: o.id, about: o.title }] : []));
      }
      case 'schedule':
        return schedulesOf(context, cluster);
      case 'step': {
        const { operations } = await import('../../operations/registry.ts');
        const steps = Object.values(operations).flatMap((o) => o.steps.map((s): [string, string] => [s.id, s.title]));
        return [...new Map(steps)].map(([value, about]) => ({ value, about }));
      }
      case 'task':
        return cluster === undefined ? [] : tasksOf(context, cluster);
      default:
        return kind satisfies never;
    }
  };

async function schedulesOf(context: Context, cluster: string | undefined): Promise<Candidate[]> {
  const asked = context
    .schedules()
    .then((schedules) => schedules.list(cluster))
    .then((all) =>
      all.map(({ input }) => ({
        value: cluster === undefined ? `${input.cluster}/${input.name}` : input.name,
        about: input.cron.join('; '),
      })),
    );
  return Promise.race([asked, context.sleep(TEMPORAL_MS).then(() => [])]);
}

async function tasksOf(context: Context, cluster: string): Promise<Candidate[]> {
  const asked = context
    .operations()
    .then((operations) => operations.progress(cluster))
    .then((progress) => progress.tasks.map((t) => ({ value: t.id, about: `${t.state}: ${t.title}` })));
  return Promise.race([asked, context.sleep(TEMPORAL_MS).then(() => [])]);
}
