import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait.ts';
import { administratorOf } from './administrator.ts';

/** What happened to the pods of an application, change by change: from where one connection ended the next one goes on. */
export interface PodWatch {
  /** The fewest that were ready at any moment, and not about to end. Throws where changes were missed. */
  end: () => Promise<{ fewestReady: number; changes: number; pods: number }>;
}

interface Pod {
  metadata: { name: string; resourceVersion: string; deletionTimestamp?: string };
  status: { conditions?: { type: string; status: string }[] };
}
interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: Pod & { code?: number; message?: string };
}

const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True');

/** Throws where it is cut off. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Watches the pods with the label `app`, from this machine and through whichever master answers. */
export async function watchPods(masters: readonly LabHost[], app: string): Promise<PodWatch> {
  const { ca, cert, key } = await administratorOf(masters[0]?.name ?? '');
  const [caFile, certFile, keyFile] = [ca, cert, key].map((text) => Buffer.from(text, 'base64'));
  const agent = new Agent({ ca: caFile, cert: certFile, key: keyFile, maxCachedSessions: 0 });
  let next = 0;
  const ask = (query: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const host = masters[next++ % masters.length]?.address;
      const path = `/api/v1/namespaces/default/pods?labelSelector=app%3D${app}${query}`;
      const request = get({ host, port: 6443, path, agent, timeout: 30_000 }, resolve);
      request.on('timeout', () => request.destroy(new Error(`${host} is silent`)));
      request.on('error', reject);
    });
  const list = async (): Promise<{ metadata: { resourceVersion: string }; items: Pod[] }> => {
    for (;;) {
      try {
        const chunks: Buffer[] = [];
        const response = await ask('');
        for await (const chunk of response) chunks.push(chunk as Buffer);
        if (response.statusCode === 200) return JSON.parse(Buffer.concat(chunks).toString('utf8')) as never;
      } catch {
        // the next one may answer
      }
      await sleep(200);
    }
  };

  const first = await list();
  let version = first.metadata.resourceVersion;
  const pods = new Map(first.items.map((pod) => [pod.metadata.name, pod]));
  const names = new Set(pods.keys());
  const countReady = (): number => [...pods.values()].filter(isReady).length;
  let fewestReady = countReady();
  let changes = 0;
  /** Servers in a row that do not remember as far back: one that was started since has no past. */
  let forgetful = 0;
  const ended = new AbortController();
  const take = ({ type, object }: Change): void => {
    if (type === 'ERROR') throw new Error(object.code === 410 ? 'gone' : object.message);
    version = object.metadata.resourceVersion;
    forgetful = 0;
    if (type === 'BOOKMARK') return;
    changes++;
    names.add(object.metadata.name);
    if (type === 'DELETED') pods.delete(object.metadata.name);
    else pods.set(object.metadata.name, object);
    fewestReady = Math.min(fewestReady, countReady());
  };
  const watching = (async () => {
    while (!ended.signal.aborted && forgetful < 3 * masters.length) {
      try {
        const response = await ask(`&watch=1&allowWatchBookmarks=true&timeoutSeconds=15&resourceVersion=${version}`);
        if (response.statusCode === 410) throw new Error('gone');
        if (response.statusCode === 200) for await (const line of linesOf(response)) take(JSON.parse(line) as Change);
        else response.resume();
      } catch (error) {
        if (error instanceof Error && error.message === 'gone') forgetful++;
      }
      await sleep(200);
    }
  })();

  return {
    end: async () => {
      const { items } = await list();
      const isSeen = (): boolean =>
        items.length === pods.size &&
        items.every((pod) => pods.get(pod.metadata.name)?.metadata.resourceVersion === pod.metadata.resourceVersion);
      const isWhole = await waitUntil(isSeen, 60, 200);
      ended.abort();
      await watching;
      agent.destroy();
      if (!isWhole) throw new Error(`the watch of ${app} missed changes after version ${version}`);
      return { fewestReady, changes, pods: names.size };
    },
  };
}
