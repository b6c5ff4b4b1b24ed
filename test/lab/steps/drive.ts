import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Activities, TaskInput, TaskResult } from '../../../src/activities/contract.ts';
import { createFileStore } from '../../../src/adapters/file-store/file-store.ts';
import { type Preview, previewPlan } from '../../../src/activities/preview.ts';
import { createActivities } from '../../../src/activities/create-activities.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { compose } from '../../../src/compose.ts';
import { loadCluster } from '../../../src/config/load.ts';
import { withoutHosts } from '../../../src/config/remove-hosts.ts';
import { removeRole } from '../../../src/config/remove-role.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import type { FactsByHost } from '../../../src/cluster/facts.ts';
import type { Operation } from '../../../src/graph/operation.ts';
import type { Plan } from '../../../src/graph/plan.ts';
import type { Task } from '../../../src/graph/task.ts';
import { createMemorySchedules } from '../../fakes/memory-schedules.ts';

/** An operation on real hosts by the product's own activities and adapters, one task at a time and without Temporal. */
export interface Drive {
  /** With the hosts that leave. */
  cluster: Cluster;
  operation: Operation;
  plan: Plan;
  ports: Ports;
  /** Key of its log in the store. */
  run: string;
  /** What a task's host shall have; empty for those with an activity of their own. */
  effectsOf: (task: Task) => Effect[];
  /** Runs a task's activity, as Temporal would. */
  attempt: (task: Task, options?: AttemptOptions) => Promise<TaskResult>;
  /** What a dry-run says now. */
  preview: () => Promise<Preview>;
  /** Removes what the run left on the hosts, as its workflow does at its end. */
  tidy: () => Promise<void>;
  close: () => Promise<void>;
}

/** A failed attempt is the test's to judge. */
const logger = new DefaultLogger('ERROR');

interface AttemptOptions {
  /** From 1. */
  attempt?: number;
  /** Grows with each round; see TaskInput. Default: the same for all attempts of the drive. */
  issuedAt?: number;
  /** Default: the drive's own. */
  ports?: Ports;
}

/**
 * Reads facts of all hosts and plans, as the operation's workflow does. `home` is a KHA_HOME: a second drive goes on with its store.
 * `names`: hosts of the file that leave the cluster or a role, or come to it, by the operation.
 */
export async function openDrive(
  operation: Operation,
  file: string,
  home: string,
  names: string[] = [],
): Promise<Drive> {
  const { cluster } = await loadCluster({ files: [file] });
  const { removes, takes } = operation;
  const isLeaving = removes !== undefined || takes !== undefined;
  const rest = takes ? removeRole(cluster, takes, names) : withoutHosts(cluster, names);
  const stays = isLeaving ? rest : cluster;
  const ports = compose(
    createFileStore(join(home, 'store'), { key: join(home, 'store.key'), knownHosts: join(home, 'known_hosts.d') }),
  );
  const schedules = createMemorySchedules();
  const act = <T>(run: (activities: Activities) => Promise<T>, use: Ports = ports, attempt = 1): Promise<T> =>
    new MockActivityEnvironment({ attempt, currentAttemptScheduledTimestampMs: Date.now() }, { logger }).run<
      [],
      T,
      () => Promise<T>
    >(() => run(createActivities(use, schedules)));

  const basis = await ports.store.putObject(cluster);
  const declaration = await ports.store.putObject(stays);
  const some = names.length === 0 ? {} : isLeaving ? { leaving: names, basis } : { targets: names };
  await act((a) => a.recordCluster({ cluster: cluster.name, declaration: basis }));
  const facts = Object.fromEntries(
    await Promise.all(
      cluster.hosts.map(
        async ({ name }) => [name, await act((a) => a.gatherFacts({ declaration: basis, host: name }))] as const,
      ),
    ),
  );
  const { plan } = await act((a) =>
    a.makePlan({
      operation: operation.id,
      cluster: cluster.name,
      declaration,
      facts,
      ignorePreflightErrors: [],
      ...some,
    }),
  );
  const options = names.length === 0 ? {} : isLeaving ? { leaving: { names, before: cluster } } : { targets: names };
  const { effects } = makePlan(operation, stays, await ports.store.getObject<FactsByHost>(plan.facts), options);
  const started = Date.now();
  const run = `drive-${started}`;
  return {
    cluster,
    operation,
    plan,
    ports,
    run,
    effectsOf: (task) => (task.effects === undefined ? [] : (effects[task.effects] ?? [])),
    attempt: (task, { attempt = 1, issuedAt = started, ports: use = ports } = {}) => {
      const input: TaskInput = { cluster: cluster.name, declaration, facts: plan.facts, run, task, issuedAt, ...some };
      return act((a) => a[task.activity](input), use, attempt);
    },
    preview: () => previewPlan(ports, operation, stays, options),
    tidy: async () => {
      await Promise.all(cluster.hosts.map(({ name }) => act((a) => a.tidy({ declaration: basis, host: name }))));
    },
    close: () => ports.close(),
  };
}

/**
 * Visits the tasks of a plan: each once those that it needs are over, and one at a time on a host, so that what changes
 * there is that task's doing. Throws all errors together.
 */
export async function walk(plan: Plan, visit: (task: Task) => Promise<void>): Promise<void> {
  const over = new Map<string, Promise<void>>();
  const hosts = new Map<string, Promise<unknown>>();
  for (const task of plan.tasks) {
    const visited = (async () => {
      await Promise.all(task.needs.map((need) => over.get(need) ?? Promise.resolve()));
      if (task.skip) return;
      const mine = (hosts.get(task.host) ?? Promise.resolve()).then(() => visit(task));
      hosts.set(
        task.host,
        mine.catch(() => undefined),
      );
      await mine;
    })();
    over.set(task.id, visited);
  }
  const ends = await Promise.allSettled(over.values());
  const errors = [...new Set(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : [])))];
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'));
}
