import { sh } from '../formats/sh.ts';
import { kubectl } from './kubectl.ts';
import type { Reader } from './session.ts';

interface NodeObject {
  metadata: { name: string };
  spec: { unschedulable?: boolean };
  status: { conditions: { type: string; status: string; message?: string }[]; nodeInfo: { bootID: string } };
}
interface LeaseObject {
  metadata: { name: string; namespace: string };
  spec: { renewTime?: string };
}

/** What the cluster knows of a node. */
interface NodeStatus {
  isReady: boolean;
  /** Why not. */
  message: string;
  bootId: string;
  /** When kubelet last said that it lives, ms since the epoch by its host's clock; absent: never. */
  renewedAt?: number;
}

/** All nodes by name; `now` is the master's clock, ms since the epoch. */
export async function nodeStatuses(master: Reader): Promise<{ nodes: Map<string, NodeStatus>; now: number }> {
  const text = await master.read(
    'nodes and their leases',
    sh`date +%s%3N; ${kubectl(sh`get nodes -o json`)} | tr -d '\n'; echo; ${kubectl(sh`get leases -n kube-node-lease -o json`)} | tr -d '\n'`,
    { maxBytes: 64 << 20 },
  );
  const [now = '', nodes = '', leases = ''] = text.split('\n');
  const renewed = new Map(
    (JSON.parse(leases) as { items: LeaseObject[] }).items.map((l) => [l.metadata.name, l.spec.renewTime]),
  );
  const status = ({ metadata: { name }, status: { conditions, nodeInfo } }: NodeObject): [string, NodeStatus] => {
    const ready = conditions.find((c) => c.type === 'Ready');
    const at = renewed.get(name);
    return [
      name,
      {
        isReady: ready?.status === 'True',
        message: ready?.message ?? 'it never reported',
        bootId: nodeInfo.bootID,
        ...(at === undefined ? {} : { renewedAt: Date.parse(at) }),
      },
    ];
  };
  return { nodes: new Map((JSON.parse(nodes) as { items: NodeObject[] }).items.map(status)), now: Number(now) };
}

/** Longer than kubelet is silent while all is well: it renews every ten seconds. */
const STALE_MS = 40_000;

/** Why a node is not to be counted on, if it is not. */
export function nodeTrouble(name: string, node: NodeStatus | undefined, now: number): string | undefined {
  if (!node) return `node ${name} is missing`;
  if (!node.isReady) return `node ${name} is not ready: ${node.message}`;
  if (node.renewedAt === undefined) return `node ${name} has no lease`;
  const silent = now - node.renewedAt;
  return silent > STALE_MS ? `node ${name} has been silent for ${Math.round(silent / 1000)} s` : undefined;
}
