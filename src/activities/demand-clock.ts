import { momentOf, secondsOff } from '../cluster/clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import type { ExecResult } from '../ports/ssh.ts';

/** A command that also says what time it is on the host, in its standard error. */
export const tellingTime = (command: Command): Command =>
  shJoin([sh`printf '@@kha clock %s\n' "$(date +%s%3N)" >&2`, command]);

/**
 * Preflight has compared the clocks; one that went wrong since then must not spoil certificates, leases and etcd.
 * Throws KHA3401, unless the check Clock is to be ignored.
 */
export function demandClock(cluster: Cluster, facts: FactsByHost, host: string, said: ExecResult): void {
  const hostMs = Number(/^@@kha clock (\d+)$/m.exec(said.stderr)?.[1] ?? Number.NaN);
  const isIgnored = cluster.kubernetes.ignorePreflightErrors.some((name) => /^(all|clock)$/i.test(name));
  if (Number.isNaN(hostMs) || isIgnored) return;
  const off = secondsOff(cluster, facts, { hostMs, workerMs: momentOf(hostMs, said) });
  if (off === undefined) return;
  throw new KhaError(`the clock of ${host} is ${Math.abs(off)} s ${off < 0 ? 'behind' : 'ahead of'} the others'`, {
    code: 'KHA3401',
    blame: 'host',
    where: host,
    hint: 'Synchronise it (chrony, systemd-timesyncd), then say retry. Nothing was done on the host meanwhile.',
    final: true,
  });
}
