import type { Authority } from '../cluster/certificates.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { ADMIN_CONF } from '../cluster/paths.ts';
import { certificatesIn } from '../cluster/pem.ts';
import { digest } from '../formats/digest.ts';
import { type Command, sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { clusterInfoHas } from '../parts/cluster-info.ts';
import { podsAreFresh } from '../parts/daemon-set.ts';
import { networkOf } from '../parts/network/registry.ts';
import { applyEffects } from './apply-effects.ts';
import { bundleOf, rootOf } from './create-authorities.ts';
import type { TaskResult } from './contract.ts';
import { eventually } from './eventually.ts';
import { retiredAuthorities } from './rotate-authorities.ts';
import { kubectl } from './kubectl.ts';
import { lastLines, type Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/**
 * Objects of the cluster name the authorities that hosts trust: cluster-info, which newcomers read, and the config map of every namespace,
 * which pods read. Pods of the cluster itself are made anew: what they read at their start is old.
 */
export async function tellAuthorities(
  { ports, cluster, session, abort }: TaskScope,
  hostName: string,
  onDetail: (detail: string) => void,
): Promise<TaskResult> {
  const here = session(hostName);
  const certificates = bundleOf(await rootOf(ports, cluster, 'kubernetes'));
  const encoded = Buffer.from(certificates).toString('base64');
  const info = clusterInfoHas("cluster-info has the cluster's authorities", 'certificate-authority-data', encoded);
  const told = await applyEffects(here, ports.store, [info], onDetail, 'cluster-info');
  onDetail('every namespace has the authorities for its pods');
  await eventually(ports.clock, abort, {
    what: 'every namespace has the authorities for its pods (kube-root-ca.crt)',
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 2_000,
    code: 'KHA3342',
    troubles: () => untoldNamespaces(here, certificates),
  });
  const retired = await retiredAuthorities(ports.store, cluster);
  if (retired)
    await eventually(ports.clock, abort, {
      what: `extension servers are told to trust the former authorities no more (${EXTENSIONS})`,
      timeoutMs: cluster.timeouts.readyMinutes * 60_000,
      intervalMs: 1_000,
      code: 'KHA3342',
      troubles: () => untellExtensions(here, retired),
    });
  const mark = digest(certificates).slice(0, 16);
  const pods = await applyEffects(here, ports.store, freshPods(cluster, mark), onDetail, 'pods');
  const changed = [told, pods].filter((r) => r.changed);
  return changed.length > 0
    ? { changed: true, detail: changed.map((r) => r.detail).join('; ') }
    : { changed: false, detail: 'newcomers and pods were told before' };
}

const clusterOf = (namespace: string): Command => sh`kubectl --kubeconfig ${ADMIN_CONF} -n ${namespace}`;

async function untoldNamespaces(session: Session, certificates: string): Promise<string[]> {
  const { exitCode, stdout, stderr } = await session.look(
    'authorities of namespaces',
    kubectl(sh`get configmaps -A --field-selector metadata.name=kube-root-ca.crt -o json`),
    { maxBytes: 64 << 20 },
  );
  if (exitCode !== 0) return [stderr.trim()];
  const { items } = JSON.parse(stdout) as {
    items: { metadata: { namespace: string }; data?: Record<string, string> }[];
  };
  return items
    .filter(({ data }) => data?.['ca.crt']?.trim() !== certificates.trim())
    .map(({ metadata }) => `${metadata.namespace} has not`)
    .slice(0, 5);
}

const EXTENSIONS = 'extension-apiserver-authentication';
const bodyOf = (pem: string): string => pem.replace(/\s/g, '');

/**
 * API servers add to this config map whom they trust, and take away only what has expired: without this, extension servers (metrics-server,
 * …) would trust the former authorities for years. A newer version of it is not overwritten.
 */
async function untellExtensions(session: Session, retired: Record<Authority, string>): Promise<string[]> {
  const found = await session.look(
    'whom extension servers trust',
    kubectl(sh`-n kube-system get configmap ${EXTENSIONS} --ignore-not-found -o json`),
  );
  if (found.exitCode !== 0) return [found.stderr.trim()];
  if (found.stdout.trim() === '') return [];
  const { data = {}, metadata } = JSON.parse(found.stdout) as {
    data?: Record<string, string>;
    metadata: { resourceVersion: string };
  };
  const gone = new Set(Object.values(retired).map(bodyOf));
  const left = Object.entries(data).flatMap(([key, text]): [string, string][] => {
    const certificates = certificatesIn(text);
    const rest = certificates.filter((pem) => !gone.has(bodyOf(pem)));
    return rest.length < certificates.length ? [[key, rest.join('')]] : [];
  });
  if (left.length === 0) return [];
  const patch = JSON.stringify({
    metadata: { resourceVersion: metadata.resourceVersion },
    data: Object.fromEntries(left),
  });
  const told = await session.job(
    'extension servers are told',
    kubectl(sh`-n kube-system patch configmap ${EXTENSIONS} --type merge -p ${patch}`),
    { part: `extensions-${metadata.resourceVersion}` },
  );
  return told.exitCode === 0 ? ['they have just been told'] : lastLines(told);
}

const MARK = 'kha/authority';

function freshPods(cluster: Cluster, mark: string): Effect[] {
  const sets = [
    { namespace: 'kube-system', name: 'kube-proxy', selector: 'k8s-app=kube-proxy' },
    ...(networkOf(cluster)?.daemonSet ? [networkOf(cluster)?.daemonSet] : []),
  ].flatMap((set) => set ?? []);
  return [
    ...sets.flatMap((set) => [marked('daemonset', set, mark), podsAreFresh(cluster, set)]),
    marked('deployment', { namespace: 'kube-system', name: 'coredns' }, mark),
  ];
}

/** A template that has the mark has pods made after it. */
function marked(kind: string, { namespace, name }: { namespace: string; name: string }, mark: string): Effect {
  const get = sh`${clusterOf(namespace)} get ${kind} ${name} --ignore-not-found`;
  const patch = JSON.stringify({ spec: { template: { metadata: { annotations: { [MARK]: mark } } } } });
  return command(`pods of ${name} are made for these authorities`, {
    look: sh`kha_there=$(${get} -o name) || exit 0
if [ -z "$kha_there" ]; then echo ${mark}; else ${get} -o ${`jsonpath={.spec.template.metadata.annotations.${MARK}}`}; fi`,
    want: mark,
    act: sh`${clusterOf(namespace)} patch ${kind} ${name} --type merge -p ${patch}`,
  });
}
