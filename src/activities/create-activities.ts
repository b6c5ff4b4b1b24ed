import { Context } from '@temporalio/activity';
import { type Cluster, comeTo, hostsNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { nextOpening } from '../cluster/maintenance-window.ts';
import { preflight } from '../cluster/preflight.ts';
import type { FactsByHost, Facts } from '../cluster/facts.ts';
import { withSettings } from '../cluster/settings.ts';
import { makePlan } from '../graph/make-plan.ts';
import { operationNamed } from '../operations/registry.ts';
import { applyEffects } from './apply-effects.ts';
import { approveServingRequests } from './serving-requests.ts';
import { certifyAddress } from './certify-address.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { checkEtcd } from './check-etcd.ts';
import { checkHealth } from './check-health.ts';
import { checkRedundancy } from './check-redundancy.ts';
import { checkReturn } from './check-return.ts';
import type { Activities, TaskActivity, TaskInput, TaskResult } from './contract.ts';
import { createAuthorities } from './create-authorities.ts';
import { createDocuments } from './documents.ts';
import { toApplicationFailure } from './failure.ts';
import { gatherFacts } from './gather-facts.ts';
import { issueCertificates } from './issue-certificates.ts';
import { demandBasis, demandStanding, hostsToRead } from './standing-cluster.ts';
import { joinEtcd } from './join-etcd.ts';
import { initFirstMaster, joinMaster, joinWorker } from './kubeadm.ts';
import { forgetSchedules, keepSchedules } from './keep-schedules.ts';
import { leaveEtcd } from './leave-etcd.ts';
import { lookBeforeGate } from './look-before-gate.ts';
import { deleteNode, drainNode, uncordonNode } from './nodes.ts';
import type { Schedules } from '../ports/schedules.ts';
import type { Ports } from './ports.ts';
import { confirmEtcdLost, recoverEtcd, rejoinEtcd } from './recover-etcd.ts';
import { renewCertificates } from './renew-certificates.ts';
import { restartKubelet } from './restart-kubelet.ts';
import { restartReaders } from './restart-readers.ts';
import {
  endRotation,
  makeNewAuthorities,
  retireOldAuthorities,
  signWithNewAuthorities,
  trustNewAuthorities,
} from './rotate-authorities.ts';
import { tellAuthorities } from './tell-authorities.ts';
import { bootKernel } from './boot-kernel.ts';
import { rebootHost } from './reboot-host.ts';
import { prepareScheduled } from './prepare-scheduled.ts';
import { recordCluster } from './record-cluster.ts';
import { openSession, type Session } from './session.ts';
import { settle } from './settle.ts';
import type { TaskScope } from './task-scope.ts';
import { tellWebhook } from './tell-webhook.ts';
import { tidyHost } from './tidy.ts';

/** How often an activity says that its worker is alive; see workflows/policies. */
const HEARTBEAT_MS = 2_000;

interface RunningTask extends TaskScope {
  input: TaskInput;
  here: Session;
  onDetail: (detail: string) => void;
}

/** All activities of a worker over these ports. */
export function createActivities(ports: Ports, schedules: Schedules): Activities {
  const documents = createDocuments(ports.store);

  /** Runs with heartbeats, and turns errors into what Temporal carries. */
  const alive = async <T>(where: string, act: (beat: (details: unknown) => void) => Promise<T>): Promise<T> => {
    const context = Context.current();
    let details: unknown;
    const timer = setInterval(() => context.heartbeat(details), HEARTBEAT_MS);
    try {
      return await act((d) => {
        details = d;
        context.heartbeat(d);
      });
    } catch (error) {
      throw toApplicationFailure(error, where);
    } finally {
      clearInterval(timer);
    }
  };

  const task =
    (act: (running: RunningTask) => Promise<TaskResult>): TaskActivity =>
    (input) =>
      alive(input.task.id, async (beat) => {
        const context = Context.current();
        const cluster = withOptions(await documents.cluster(declarationOf(input)), input);
        const facts = await documents.facts(input.facts);
        const abort = context.cancellationSignal;
        const begun = new Map<string, string>();
        const session = (host: string): Session =>
          openSession(
            ports,
            {
              cluster,
              facts,
              run: input.run,
              task: input.task.id,
              issuedAt: input.issuedAt,
              scheduledAt: context.info.currentAttemptScheduledTimestampMs,
              abort,
              heartbeat: beat,
              begun,
            },
            host,
          );
        return act({
          ports,
          cluster,
          facts,
          targets: hostsNamed(cluster, input.targets),
          next: await documents.cluster(input.declaration),
          ...(input.basis === undefined ? {} : { before: await documents.cluster(input.basis) }),
          session,
          run: input.run,
          ...(input.renewal ? { renewal: input.renewal } : {}),
          abort,
          attempt: context.info.attempt,
          input,
          // A gate may be of no host.
          get here() {
            return session(input.task.host);
          },
          onDetail: (detail) => beat({ detail }),
        });
      });

  return {
    hostsOf: ({ operation, declaration, basis, ...some }) =>
      alive('facts', async () => {
        const cluster = await documents.cluster(declaration);
        const before = basis === undefined ? {} : { before: await documents.cluster(basis) };
        return {
          ...hostsToRead(operationNamed(operation), cluster, { ...some, ...before }),
          parallelism: cluster.parallelism,
        };
      }),
    tellWebhook: ({ declaration, notice }) =>
      alive(`webhook/${notice.gate}`, async () =>
        tellWebhook(ports, await documents.cluster(declaration), notice, Context.current().cancellationSignal),
      ),
    nextOpening: async ({ windows, at, minutes }) => nextOpening(windows, at, minutes),
    gatherFacts: ({ declaration, host, operation, settings }) =>
      alive(`gather-facts/${host}`, async () =>
        ports.store.putObject(
          await gatherFacts(ports, withSettings(await documents.cluster(declaration), settings), host, {
            ...(operation === undefined ? {} : { asks: operationNamed(operation).asks }),
            abort: Context.current().cancellationSignal,
          }),
        ),
      ),
    makePlan: (request) =>
      alive('plan', async () => {
        const cluster = await documents.cluster(request.declaration);
        await demandBasis(ports.store, request);
        const gathered = await Promise.all(
          Object.entries(request.facts).map(
            async ([host, d]) => [host, await ports.store.getObject<Facts>(d)] as const,
          ),
        );
        const facts: FactsByHost = Object.fromEntries(gathered);
        const operation = operationNamed(request.operation);
        demandStanding(operation, cluster, facts, request.leaving);
        const ignored = [...request.ignorePreflightErrors, ...cluster.kubernetes.ignorePreflightErrors];
        const before = request.basis === undefined ? undefined : await documents.cluster(request.basis);
        const come = comeTo(cluster, before).map((h) => h.name);
        const findings = preflight(
          withSettings(cluster, request.settings),
          facts,
          ignored,
          request.leaving ? come : request.targets,
          operation.demands,
        );
        const errors = findings.filter((f) => f.severity === 'error');
        if (errors.length > 0) {
          throw new KhaError(`${errors.length} of the preflight checks failed; nothing was touched`, {
            code: 'KHA3400',
            blame: 'host',
            findings: errors,
            final: true,
          });
        }
        const { plan, effects } = makePlan(operation, cluster, facts, {
          ...(request.targets ? { targets: request.targets } : {}),
          ...(request.leaving && before ? { leaving: { names: request.leaving, before } } : {}),
          ...(request.only ? { only: request.only } : {}),
          ...(request.skipSteps ? { skipSteps: request.skipSteps } : {}),
          ...(request.settings ? { settings: request.settings } : {}),
          ...(request.run === undefined ? {} : { run: request.run }),
          ...(request.approvals ? { approvals: request.approvals } : {}),
          ...(request.windows ? { windows: request.windows } : {}),
        });
        await Promise.all([
          ports.store.putObject(facts),
          ...Object.values(effects).map((list) => ports.store.putObject(list)),
        ]);
        return { plan, warnings: findings.filter((f) => f.severity === 'warning') };
      }),
    applyEffects: task(async ({ input, here, onDetail }) =>
      applyEffects(here, ports.store, await documents.effects(input.task.effects ?? ''), onDetail),
    ),
    lookBeforeGate: task((scope) => lookBeforeGate(scope, documents, scope.input.task.gate?.looks ?? [])),
    createAuthorities: task(({ cluster }) => createAuthorities(ports, cluster)),
    issueCertificates: task(({ here, cluster }) => issueCertificates(ports, here, cluster)),
    approveServingRequests: task((scope) => approveServingRequests(scope)),
    renewCertificates: task((scope) => renewCertificates(scope, scope.input.task.host)),
    restartReaders: task((scope) => restartReaders(scope, scope.input.task.host)),
    restartKubelet: task((scope) => restartKubelet(scope, scope.input.task.host)),
    makeNewAuthorities: task((scope) => makeNewAuthorities(scope)),
    trustNewAuthorities: task((scope) => trustNewAuthorities(scope)),
    signWithNewAuthorities: task((scope) => signWithNewAuthorities(scope)),
    retireOldAuthorities: task((scope) => retireOldAuthorities(scope)),
    endRotation: task((scope) => endRotation(scope)),
    tellAuthorities: task((scope) => tellAuthorities(scope, scope.input.task.host, scope.onDetail)),
    certifyAddress: task((scope) => certifyAddress(scope, scope.input.task.host)),
    checkEndpoint: task((scope) => checkEndpoint(scope, scope.input.task.host)),
    checkEtcd: task((scope) => checkEtcd(scope, scope.input.task.host)),
    initFirstMaster: task((scope) => initFirstMaster(scope, scope.input.task.host)),
    joinEtcd: task((scope) => joinEtcd(scope, scope.input.task.host, scope.onDetail)),
    leaveEtcd: task((scope) => leaveEtcd(scope, scope.input.task.host)),
    confirmEtcdLost: task((scope) => confirmEtcdLost(scope, scope.input.task.host)),
    recoverEtcd: task((scope) => recoverEtcd(scope, scope.input.task.host, scope.onDetail)),
    rejoinEtcd: task((scope) => rejoinEtcd(scope, scope.input.task.host, scope.onDetail)),
    joinMaster: task((scope) => joinMaster(scope, scope.input.task.host)),
    joinWorker: task((scope) => joinWorker(scope, scope.input.task.host)),
    keepSchedules: task(({ cluster }) => keepSchedules(schedules, cluster)),
    checkHealth: task((scope) => checkHealth(scope, scope.input.task.host)),
    drainNode: task((scope) => drainNode(scope, scope.input.task.host, scope.input.run)),
    uncordonNode: task((scope) => uncordonNode(scope, scope.input.task.host)),
    deleteNode: task((scope) => deleteNode(scope, scope.input.task.host)),
    checkRedundancy: task((scope) => checkRedundancy(scope, scope.input.task.host)),
    rebootHost: task((scope) => rebootHost(scope, scope.input.task.host, scope.input)),
    bootKernel: task((scope) => bootKernel(scope, scope.input.task.host, scope.input)),
    checkReturn: task((scope) => checkReturn(scope, scope.input.task.host)),
    settle: task((scope) => settle(scope, scope.input.task.host)),
    tidy: ({ declaration, host }) =>
      alive(`tidy/${host}`, async () => tidyHost(ports, await documents.cluster(declaration), host)),
    prepareScheduled: (asked) => alive('schedule', () => prepareScheduled(ports.store, asked)),
    recordCluster: ({ cluster, declaration }) =>
      alive('record', async () => {
        const document = await documents.cluster(declaration);
        // Before the record is gone: who is killed here comes here again.
        if (document.hosts.length === 0) await forgetSchedules(schedules, cluster);
        await recordCluster(ports, cluster, declaration, document);
      }),
  };
}

/** The declaration with what the operation was told besides. */
function withOptions(declared: Cluster, { ignorePreflightErrors: names = [], settings }: TaskInput): Cluster {
  const cluster = withSettings(declared, settings);
  if (names.length === 0) return cluster;
  const { kubernetes } = cluster;
  const ignorePreflightErrors = [...new Set([...kubernetes.ignorePreflightErrors, ...names])];
  return { ...cluster, kubernetes: { ...kubernetes, ignorePreflightErrors } };
}

/** What a task is about: on a host that leaves the cluster as it was. */
const declarationOf = ({ task, declaration, leaving, basis }: TaskInput): string =>
  (leaving?.includes(task.host) ? basis : undefined) ?? declaration;
