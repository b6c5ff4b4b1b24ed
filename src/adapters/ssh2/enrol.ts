import type { Connection } from '../../cluster/connection.ts';
import { KhaError } from '../../cluster/error.ts';
import type { HostKey, Ssh } from '../../ports/ssh.ts';
import { judge } from './known-hosts.ts';
import type { KnownHosts } from './confirmed-keys.ts';
import { trustedLines } from './trust.ts';

/** What a host offers, and how that compares with what is known. */
export interface Offer {
  connection: Connection;
  key: HostKey;
  /** `pinned`: the cluster file names this very key. `mismatch`: the cluster file names another one. */
  state: 'new' | 'known' | 'pinned' | 'changed' | 'mismatch' | 'revoked';
  /** Keys that were expected, where state is `changed` or `mismatch`. */
  expected: HostKey[];
}

export interface Enrolment {
  offers: Offer[];
  /** Names of hosts whose key was written to the file. */
  trusted: string[];
  /** Names of hosts whose key was offered to `confirm` and not confirmed. */
  refused: string[];
  /** Hosts that could not be asked, bastions included. */
  failed: { connection: Connection; error: KhaError }[];
}

export interface EnrolOptions {
  /** Gets the new and the changed keys of a round, returns those that the operator confirms. */
  confirm: (offers: Offer[]) => Promise<readonly Offer[]>;
  knownHosts: KnownHosts;
  /** Hosts asked at once. Default 16. */
  parallelism?: number;
}

/** Every host once by its name, bastions among them, by the number of bastions before each. */
function rounds(connections: readonly Connection[]): Connection[][] {
  const byDepth: Map<string, Connection>[] = [];
  const add = (connection: Connection) => {
    const depth = connection.jump.length;
    while (byDepth.length <= depth) byDepth.push(new Map());
    byDepth[depth]?.set(`${connection.name} ${connection.address} ${connection.port}`, connection);
  };
  for (const connection of connections) {
    connection.jump.forEach((hop, i) => add({ ...hop, jump: connection.jump.slice(0, i) }));
    add(connection);
  }
  return byDepth.map((hosts) => [...hosts.values()]);
}

async function offerOf(ssh: Ssh, connection: Connection, knownHosts: KnownHosts): Promise<Offer> {
  const key = await ssh.offeredKey(connection);
  const verdict = judge(trustedLines(connection, await knownHosts.read()), connection, key);
  const isPinned = connection.hostKeys.length > 0;
  const states = {
    trusted: isPinned ? 'pinned' : 'known',
    unknown: 'new',
    revoked: 'revoked',
    changed: isPinned ? 'mismatch' : 'changed',
  } as const;
  return { connection, key, state: states[verdict.kind], expected: verdict.kind === 'changed' ? verdict.known : [] };
}

/**
 * Reads the host keys of all hosts, lets the operator confirm those that are new or changed, and writes the confirmed ones.
 * Bastions come first: a host behind one is asked through it once it is trusted. Keys that contradict the cluster file or
 * are revoked are never offered for confirmation.
 */
export async function enrol(ssh: Ssh, connections: readonly Connection[], options: EnrolOptions): Promise<Enrolment> {
  const result: Enrolment = { offers: [], trusted: [], refused: [], failed: [] };
  for (const round of rounds(connections)) {
    const offers: Offer[] = [];
    const waiting = [...round];
    const ask = async () => {
      for (let connection = waiting.shift(); connection; connection = waiting.shift()) {
        try {
          offers.push(await offerOf(ssh, connection, options.knownHosts));
        } catch (error) {
          if (!(error instanceof KhaError)) throw error;
          result.failed.push({ connection, error });
        }
      }
    };
    await Promise.all(Array.from({ length: options.parallelism ?? 16 }, ask));
    offers.sort((a, b) => round.indexOf(a.connection) - round.indexOf(b.connection));
    result.offers.push(...offers);
    const open = offers.filter((offer) => offer.state === 'new' || offer.state === 'changed');
    if (open.length === 0) continue;
    const confirmed = new Set(await options.confirm(open));
    const accepted = open.filter((offer) => confirmed.has(offer));
    if (accepted.length > 0) await options.knownHosts.trust(accepted);
    result.trusted.push(...accepted.map((offer) => offer.connection.name));
    result.refused.push(...open.filter((offer) => !confirmed.has(offer)).map((offer) => offer.connection.name));
  }
  return result;
}
