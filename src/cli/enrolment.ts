import { enrol, type Offer } from '../adapters/ssh2/enrol.ts';
import { knownHostsIn } from '../adapters/ssh2/confirmed-keys.ts';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { canonicalJson } from '../formats/digest.ts';
import type { Context } from './context.ts';
import { renderTable } from './output/table.ts';

export interface EnrolmentOptions {
  /** Answered in advance. */
  accept: boolean;
  /** Changed keys may be replaced, too. */
  replace: boolean;
}

/** Hosts that are new, or reached in another way than before. */
export const newlyReached = (before: Cluster, after: Cluster): Host[] =>
  after.hosts.filter(
    // What comes from the store has its keys sorted.
    (host) => !before.hosts.some((old) => canonicalJson(old.connection) === canonicalJson(host.connection)),
  );

/**
 * Asks every host for its key and has those confirmed that nobody confirmed yet. Returns how many were. Hosts that do not
 * answer are named on standard error and left for later: an operation parks them. Throws KHA3006 where a key changed,
 * KHA1003 where nobody can confirm.
 */
export async function enrolHosts(
  context: Context,
  cluster: Cluster,
  hosts: readonly Host[],
  options: EnrolmentOptions,
): Promise<number> {
  const ssh = await context.ssh(cluster.name);
  const knownHosts = knownHostsIn((await context.store()).knownHosts(cluster.name));
  const result = await enrol(
    ssh,
    hosts.map((h) => h.connection),
    {
      knownHosts,
      confirm: async (offers) => {
        const changed = offers.filter((o) => o.state === 'changed');
        if (changed.length > 0 && !options.replace) throw keysChanged(cluster.name, changed);
        showOffers(context, offers);
        await context.confirm(
          `Are these the keys of your ${offers.length === 1 ? 'host' : `${offers.length} hosts`}?`,
          { yes: options.accept, flag: '--accept-host-keys' },
        );
        return offers;
      },
    },
  );
  const wrong = result.offers.filter((o) => o.state === 'mismatch' || o.state === 'revoked');
  if (wrong.length > 0) throw keysRefused(wrong);
  for (const { connection, error } of result.failed)
    context.say(
      `${context.paintTalk('yellow', 'warning:')} ${connection.name} was not asked for its key: ${error.message}`,
    );
  if (result.trusted.length > 0)
    context.say(
      `${context.paintTalk('green', '✔')} ${result.trusted.length === 1 ? '1 host key is' : `${result.trusted.length} host keys are`} kept in ${knownHosts.place}`,
    );
  return result.trusted.length;
}

function showOffers(context: Context, offers: readonly Offer[]): void {
  context.say('\nThese hosts show keys that nobody confirmed yet:\n');
  const lines = renderTable<Offer>(
    [
      { header: 'HOST', value: (o) => o.connection.name },
      { header: 'ADDRESS', value: (o) => `${o.connection.address}:${o.connection.port}` },
      { header: 'TYPE', value: (o) => o.key.type },
      { header: 'FINGERPRINT', value: (o) => o.key.fingerprint },
      ...(offers.some((o) => o.state === 'changed')
        ? [{ header: 'IN THE PLACE OF', value: (o: Offer) => o.expected.map((k) => k.fingerprint).join(', ') || '-' }]
        : []),
    ],
    offers,
  );
  for (const line of lines) context.say(`  ${line}`);
  context.say('\nOn a host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n');
}

function keysChanged(cluster: string, offers: readonly Offer[]): KhaError {
  const names = offers.map((o) => o.connection.name);
  return new KhaError(
    `${names.join(', ')}: the host key changed. Somebody may be in between, or the machine was set up anew.`,
    {
      code: 'KHA3006',
      blame: 'host',
      hint: `If you set it up anew: kha hosts trust ${cluster} --host ${offers.map((o) => `${o.connection.name}=${o.connection.address}`).join(',')} --replace`,
      lastLines: offers.map(
        (o) =>
          `${o.connection.name}: expected ${o.expected.map((k) => k.fingerprint).join(' or ')}, shown ${o.key.fingerprint}`,
      ),
    },
  );
}

function keysRefused(offers: readonly Offer[]): KhaError {
  return new KhaError(
    `${offers.map((o) => o.connection.name).join(', ')}: the host key is not the one that the cluster file pins, or it is revoked.`,
    {
      code: 'KHA3007',
      blame: 'host',
      hint: 'Correct hostKeys in the cluster file, or find out who answers at that address.',
      lastLines: offers.map((o) => `${o.connection.name}: shown ${o.key.fingerprint} (${o.state})`),
    },
  );
}
