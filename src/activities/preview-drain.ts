import { type Cluster, hostNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { sh } from '../formats/sh.ts';
import { kubectl, readyMaster } from './kubectl.ts';
import { type FullBudget, fullBudgets, isReady, nodeOf } from './nodes.ts';
import type { PreviewLine, PreviewScope } from './preview-line.ts';
import { lastLines, type Reader } from './session.ts';

/** kubectl's flags that let go of pods which it would not evict otherwise; the words of `--drain` are the same. */
const LEAVE = { force: 'force', deleteEmptyDirData: 'delete-emptydir-data' } as const;
type Leave = keyof typeof LEAVE;

const MEANING: Record<Leave, { what: string; cost: string }> = {
  force: { what: 'has no controller', cost: 'nobody makes it anew' },
  deleteEmptyDirData: { what: 'has data in an emptyDir', cost: 'the data is lost' },
};

/** What a drain of the node would meet now: kubectl's own dry run, with evictions that the server judges and does not do. */
export async function previewDrain({ cluster, next, reader }: PreviewScope, hostName: string): Promise<PreviewLine[]> {
  const { nodeName } = hostNamed(cluster, hostName);
  const master = await readyMaster(next, reader);
  const node = await nodeOf(master, nodeName);
  if (!node) return [{ title: `node ${nodeName}`, outcome: 'same', state: 'is no node any more' }];

  const missing = (Object.keys(LEAVE) as Leave[]).filter((name) => !cluster.drain[name]);
  const [evictions, budgets, ...refused] = await Promise.all([
    tryDrain(master, nodeName, cluster.drain, undefined),
    fullBudgets(master),
    // One by one: kubectl tells one reason for each pod only.
    ...missing.map((name) => tryDrain(master, nodeName, cluster.drain, name)),
  ]);
  const pods = new Set(matches(evictions.stdout, /^evicting pod (\S+) /gm).map(([, pod]) => pod ?? ''));
  const blocked = blockedByBudget(evictions.stderr, budgets);
  if (evictions.exitCode !== 0 && blocked.length === 0)
    throw new KhaError(`what a drain of ${nodeName} would meet can't be told`, {
      code: 'KHA3200',
      blame: 'host',
      where: hostName,
      lastLines: lastLines(evictions),
    });
  return [
    {
      title: `${pods.size} ${pods.size === 1 ? 'pod leaves' : 'pods leave'} node ${nodeName}`,
      outcome: 'differs',
      state: isReady(node) ? 'Ready' : 'it does not answer: its pods are not waited for',
    },
    ...missing.flatMap((name, i) => refusedPods(refused[i]?.stderr ?? '', name)),
    ...blocked,
  ];
}

/** With all that lets go of pods, or all but one. */
function tryDrain(
  master: Reader,
  nodeName: string,
  { gracePeriodSeconds }: Cluster['drain'],
  without: Leave | undefined,
): ReturnType<Reader['look']> {
  const flags = [
    '--dry-run=server',
    '--ignore-daemonsets',
    // One try: a second one comes after five seconds.
    '--timeout=1s',
    ...(gracePeriodSeconds === undefined ? [] : [`--grace-period=${gracePeriodSeconds}`]),
    ...(Object.keys(LEAVE) as Leave[]).filter((name) => name !== without).map((name) => `--${LEAVE[name]}`),
  ];
  const title = without
    ? `what of ${nodeName} would need --${LEAVE[without]}`
    : `what could be evicted from ${nodeName}`;
  return master.look(title, kubectl(sh`drain ${nodeName} ${flags}`, { seconds: 50 }));
}

const matches = (text: string, pattern: RegExp): RegExpExecArray[] => [...text.matchAll(pattern)];

/** Reads `cannot delete REASON: NAMESPACE/POD, …`, as k8s.io/kubectl/pkg/drain writes it. */
function refusedPods(stderr: string, name: Leave): PreviewLine[] {
  const { what, cost } = MEANING[name];
  const pods = matches(stderr, /cannot delete .*?: ([a-z0-9.-]+\/[a-z0-9.-]+(?:, [a-z0-9.-]+\/[a-z0-9.-]+)*)/g).flatMap(
    ([, list = '']) => list.split(', '),
  );
  return [...new Set(pods)].sort().map((pod) => ({
    title: `pod ${pod}`,
    outcome: 'blocks',
    state: what,
    hint: `move it yourself, or --drain ${LEAVE[name]}; ${cost} then`,
  }));
}

/** Reads `error when evicting pods/"POD" -n "NAMESPACE" (will retry after 5s): …`. The server does not say which budget it is. */
function blockedByBudget(stderr: string, budgets: FullBudget[]): PreviewLine[] {
  const lines = matches(stderr, /^error when evicting pods\/"([^"]+)" -n "([^"]+)" \(will retry[^)]*\): (.*)$/gm).map(
    ([, pod = '', namespace = '', reason = '']): PreviewLine => {
      const full = budgets
        .filter((b) => b.namespace === namespace)
        .map(({ name, healthy, wanted }) => `${namespace}/${name} (${healthy} healthy, ${wanted} wanted)`);
      return {
        title: `pod ${namespace}/${pod}`,
        outcome: 'blocks',
        state: full.length > 0 ? `budgets that allow no disruption now: ${full.join(', ')}` : reason,
        hint: 'give the budget room, or more time than the drain has: --drain timeout=SECONDS',
      };
    },
  );
  return [...new Map(lines.map((line) => [line.title, line])).values()];
}
