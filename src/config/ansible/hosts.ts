import { isIP } from 'node:net';
import type { Path } from '../../cluster/issue.ts';
import { CONNECTION_VARIABLES, isVault } from './connection.ts';
import type { Inventory } from './inventory.ts';
import type { Located, Trouble } from './located.ts';
import { type Scope, TroubleError } from './scope.ts';
import type { SeedDocument } from './seed-document.ts';

export interface ReadContext {
  /** Hosts of the cluster, in the order of the file. */
  hosts: string[];
  inventory: Inventory;
  scope: Scope;
  seed: SeedDocument;
  troubles: Trouble[];
  cluster: string;
}

/** Writes `hosts`; returns the passwords that were found, under the names that the document refers to. */
export function readHosts(context: ReadContext): { name: string; value: string }[] {
  const { hosts, inventory, scope, seed, troubles } = context;
  const secrets: { name: string; value: string }[] = [];
  for (const name of hosts) {
    const host = inventory.hosts.get(name);
    if (!host) continue;
    const base: Path = ['hosts', name];
    seed.set(base, {}, host);
    if (isIP(name) !== 0 && !scope.located(name, 'ansible_host') && !scope.located(name, 'ansible_ssh_host'))
      seed.set([...base, 'address'], name, host);
    for (const [variable, rule] of Object.entries(CONNECTION_VARIABLES)) {
      const source = scope.located(name, variable);
      if (!source) continue;
      if (isVault(source)) {
        troubles.push(vaultTrouble(source));
        continue;
      }
      try {
        const value = scope.value(name, variable);
        for (const outcome of rule(value, (other) => scope.value(name, other))) {
          if ('password' in outcome) {
            const secret = secretName(context, name, outcome.set, variable, source);
            if (!secrets.some((s) => s.name === secret)) secrets.push({ name: secret, value: outcome.password });
            seed.set([...base, ...outcome.set], { secret }, source);
          } else if ('set' in outcome) seed.set([...base, ...outcome.set], outcome.value, source);
          else if (!('secret' in outcome)) troubles.push(troubleOf(variable, source, outcome));
        }
      } catch (error) {
        if (!(error instanceof TroubleError)) throw error;
        troubles.push(error.trouble);
      }
    }
  }
  return secrets;
}

/** One entry of the store for a password that a group shares, else one for each host. */
function secretName(context: ReadContext, host: string, path: Path, variable: string, source: Located): string {
  const what = path.includes('sudo') ? 'sudo-password' : 'ssh-password';
  const group = [...context.inventory.groups.values()].find((g) => g.vars.get(variable) === source)?.name;
  const own = context.inventory.hosts.get(host)?.vars.get(variable) === source;
  return `${context.cluster}/${what}/${group ?? (own ? host : 'all')}`;
}

export function troubleOf(
  variable: string,
  source: Located,
  outcome: { warning: string; hint: string } | { error: string; hint: string },
): Trouble {
  const message = 'warning' in outcome ? outcome.warning : outcome.error;
  return {
    file: source.file,
    offset: source.nameOffset,
    message: `${variable}: ${message}`,
    hint: outcome.hint,
    severity: 'warning' in outcome ? 'warning' : 'error',
  };
}

export function vaultTrouble(source: Located): Trouble {
  return {
    file: source.file,
    offset: source.offset,
    message: 'The value is encrypted with Ansible Vault, which kha does not read.',
    hint: 'Keep the secret with `kha secret put`, and take the variable out of the file.',
  };
}
