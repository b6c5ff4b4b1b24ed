import type { Connection } from '../../cluster/connection.ts';
import type { KhaError } from '../../cluster/error.ts';
import type { HostKey } from '../../ports/ssh.ts';
import { placeOf, sshError } from './errors.ts';
import { judge, type KnownHost, pinnedKeys } from './known-hosts.ts';

/** What counts for a host: keys pinned in the cluster file win over the known_hosts file. Revoked keys stay revoked. */
export function trustedLines(to: Connection, hosts: readonly KnownHost[]): KnownHost[] {
  const pinned = pinnedKeys(to);
  return pinned.length > 0 ? [...pinned, ...hosts.filter((h) => h.marker === 'revoked')] : [...hosts];
}

/** Strict: undefined for a key that the operator confirmed, else the error that stops this host. `path` is for messages. */
export function refuseUntrusted(
  to: Connection,
  hosts: readonly KnownHost[],
  offered: HostKey,
  path: string,
): KhaError | undefined {
  const place = placeOf(to);
  const verdict = judge(trustedLines(to, hosts), to, offered);
  const isPinned = to.hostKeys.length > 0;
  const described = `${offered.type} ${offered.fingerprint}`;
  if (verdict.kind === 'trusted') return undefined;
  if (verdict.kind === 'revoked')
    return sshError('hostKeyRefused', to, `${place} offers a host key that is marked as revoked: ${described}.`, {
      hint: `Give ${to.name} a new host key, or remove the @revoked line from ${path}.`,
      final: true,
    });
  if (verdict.kind === 'unknown')
    return sshError('hostKeyUnknown', to, `The host key of ${place} is not known: ${described}.`, {
      hint: verdict.onlyAuthorities
        ? `${path} names only a @cert-authority for it, which kha does not support. Confirm the key itself: kha hosts trust <cluster>`
        : 'Compare the fingerprint with the host (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then: kha hosts trust <cluster>',
      final: true,
    });
  const known = verdict.known.map((k) => `${k.type} ${k.fingerprint}`).join(', ');
  if (isPinned)
    return sshError(
      'hostKeyRefused',
      to,
      `${place} offers the host key ${described}, but the cluster file pins ${known}.`,
      {
        hint: `Someone may be listening in. If ${to.name} was installed anew, correct its hostKeys in the cluster file.`,
        final: true,
      },
    );
  return sshError(
    'hostKeyChanged',
    to,
    `The host key of ${place} has changed. It offers ${described}, but known is ${known}.`,
    {
      hint: `Someone may be listening in. If ${to.name} was installed anew, confirm the new key: kha hosts trust <cluster>.`,
      final: true,
    },
  );
}
