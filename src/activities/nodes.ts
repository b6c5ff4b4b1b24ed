import type { Host } from '../cluster/cluster.ts';
import { hostNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { type Command, sh } from '../formats/sh.ts';
import type { TaskResult } from './contract.ts';
import { kubectl, readyMaster } from './kubectl.ts';
import { lastLines, type Reader, type Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** On a node that kha has cordoned, with the run of the operation: who had done so before keeps it cordoned. */
const CORDONED = 'kha/cordoned-by';
/** As whom the API server remembers who cordoned a node last. */
const MANAGER = 'kha';

interface Node {
  metadata: {
    annotations?: Record<string, string>;
    managedFields?: { manager?: string; fieldsV1?: Record<string, Record<string, unknown>> }[];
  };
  spec: { unschedulable?: boolean };
  status: { conditions: { type: string; status: string }[] };
}

/** The node of a host; undefined where the cluster has none. */
export async function nodeOf(master: Reader, nodeName: string): Promise<Node | undefined> {
  const text = await master.read(
    `look at node ${nodeName}`,
    kubectl(sh`get node ${nodeName} -o json --show-managed-fields --ignore-not-found`),
  );
  return text.trim() === '' ? undefined : (JSON.parse(text) as Node);
}

/** Was it kha that cordoned it last? The annotation alone may be left from a cordon that somebody took back by hand. */
function isOurs({ metadata: { annotations, managedFields = [] } }: Node): boolean {
  if (annotations?.[CORDONED] === undefined) return false;
  const owners = managedFields.filter(({ fieldsV1 }) => fieldsV1?.['f:spec']?.['f:unschedulable'] !== undefined);
  return owners.length === 0 || owners.some(({ manager }) => manager === MANAGER);
}

export const isReady = (node: Node): boolean =>
  node.status.conditions.some((c) => c.type === 'Ready' && c.status === 'True');

/**
 * Moves the pods of a node elsewhere by evictions, so that budgets for disruptions are kept. Of a node that does not answer the pods
 * are not waited for: nobody is there to end them. Throws KHA3330 with what blocks.
 */
export async function drainNode(scope: TaskScope, hostName: string, run: string): Promise<TaskResult> {
  const { cluster, next, session } = scope;
  const host = hostNamed(cluster, hostName);
  const master = await readyMaster(next, session);
  const node = await nodeOf(master, host.nodeName);
  if (!node) return { changed: false, detail: 'is no node any more' };
  const isAlive = isReady(node);
  await cordon(master, host.nodeName, node, run);
  const result = await master.job(`kubectl drain ${host.nodeName}`, drainScript(scope, host, isAlive), {
    part: 'drain',
  });
  if (result.exitCode === 0)
    return {
      changed: true,
      detail: isAlive ? 'drained' : 'cordoned; it does not answer, so its pods were not waited for',
    };
  throw new KhaError(`node ${host.nodeName} can't be drained`, {
    code: 'KHA3330',
    blame: 'cluster',
    where: host.name,
    hint: 'A budget: give it room, then say retry. Pods that nobody makes anew, or with data on the node: move them, then say retry; or abort, and start again with --drain force,delete-emptydir-data. Or skip it: what runs there goes down with the node.',
    lastLines: [...lastLines(result), ...(await budgetLines(master))],
    // kubectl tells at once what it will not do; a budget was waited for already.
    final: true,
  });
}

/** In one request, so that nobody finds the one without the other. */
async function cordon(master: Session, nodeName: string, node: Node, run: string): Promise<void> {
  if (node.spec.unschedulable) return;
  const patch = { metadata: { annotations: { [CORDONED]: run } }, spec: { unschedulable: true } };
  await master.read(`cordon node ${nodeName}`, patched(nodeName, patch));
}

const patched = (nodeName: string, patch: object): Command =>
  kubectl(sh`patch node ${nodeName} --field-manager ${MANAGER} --type merge -p ${JSON.stringify(patch)}`);

function drainScript({ cluster: { drain } }: TaskScope, { nodeName }: Host, isAlive: boolean): Command {
  const flags = [
    '--ignore-daemonsets',
    `--timeout=${drain.timeoutSeconds}s`,

    ...(drain.deleteEmptyDirData ? ['--delete-emptydir-data'] : []),
    ...(drain.force ? ['--force'] : []),
    // A pod counts as gone once its time to end is over, which nobody uses there.
    ...(isAlive ? grace(drain.gracePeriodSeconds) : [...grace(1), '--skip-wait-for-delete-timeout=1']),
  ];
  // No limit but kubectl's own: it waits for pods to end.
  return sh`kubectl --kubeconfig /etc/kubernetes/admin.conf drain ${nodeName} ${flags}`;
}

const grace = (seconds: number | undefined): string[] => (seconds === undefined ? [] : [`--grace-period=${seconds}`]);

/** A budget that allows no disruption now. */
export interface FullBudget {
  namespace: string;
  name: string;
  healthy: string;
  wanted: string;
}

export async function fullBudgets(master: Reader): Promise<FullBudget[]> {
  const template =
    '{range .items[?(@.status.disruptionsAllowed==0)]}{.metadata.namespace} {.metadata.name} {.status.currentHealthy} {.status.desiredHealthy}{"\\n"}{end}';
  const found = await master.look(
    'which budgets allow no disruption',
    kubectl(sh`get poddisruptionbudgets -A -o ${`jsonpath=${template}`}`),
  );
  return found.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [namespace = '', name = '', healthy = '?', wanted = '?'] = line.split(' ');
      return { namespace, name, healthy, wanted };
    });
}

async function budgetLines(master: Session): Promise<string[]> {
  const lines = (await fullBudgets(master)).map(
    ({ namespace, name, healthy, wanted }) => `${namespace}/${name}: ${healthy} healthy, ${wanted} wanted`,
  );
  return lines.length === 0 ? [] : ['--- budgets that allow no disruption now', ...lines];
}

/** The node takes pods again, where it was kha that kept them off. */
export async function uncordonNode({ cluster, next, session }: TaskScope, hostName: string): Promise<TaskResult> {
  const { nodeName } = hostNamed(cluster, hostName);
  const master = await readyMaster(next, session);
  const node = await nodeOf(master, nodeName);
  if (!node) return { changed: false, detail: 'is no node any more' };
  const { unschedulable = false } = node.spec;
  if (node.metadata.annotations?.[CORDONED] === undefined)
    return { changed: false, detail: unschedulable ? 'stays cordoned, as it was before' : 'takes pods' };
  const metadata = { annotations: { [CORDONED]: null } };
  if (unschedulable && !isOurs(node)) {
    await master.read(`forget an earlier cordon of node ${nodeName}`, patched(nodeName, { metadata }));
    return { changed: false, detail: 'stays cordoned, as somebody did it since' };
  }
  await master.read(`uncordon node ${nodeName}`, patched(nodeName, { metadata, spec: { unschedulable: null } }));
  return { changed: unschedulable, detail: 'takes pods again' };
}

/** The cluster forgets the node, and the pods that were bound to it: nobody is left to end them. */
export async function deleteNode({ cluster, next, session }: TaskScope, hostName: string): Promise<TaskResult> {
  const { nodeName } = hostNamed(cluster, hostName);
  const master = await readyMaster(next, session);
  const isNode = (await nodeOf(master, nodeName)) !== undefined;
  if (isNode)
    await master.read(`delete node ${nodeName}`, kubectl(sh`delete node ${nodeName} --ignore-not-found --wait=false`));
  const bound = sh`pods -A --field-selector ${`spec.nodeName=${nodeName}`}`;
  const left = await master.read(`look for pods of ${nodeName}`, kubectl(sh`get ${bound} -o name`));
  if (left.trim() !== '')
    await master.read(
      `forget the pods of ${nodeName}`,
      // The server would do so as well, within a minute or two.
      kubectl(sh`delete ${bound} --force --grace-period 0 --wait=false --ignore-not-found`),
    );
  return { changed: isNode || left.trim() !== '', detail: 'is no node any more' };
}
