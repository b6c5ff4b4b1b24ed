import { didYouMean } from '../../cluster/did-you-mean.ts';
import { parseVersion } from '../../cluster/version.ts';
import { defaultRepositories } from '../defaults.ts';
import { CONNECTION_VARIABLES, isVault } from './connection.ts';
import { type ReadContext, troubleOf, vaultTrouble } from './hosts.ts';
import { TroubleError } from './scope.ts';
import { SEED_MEANS, SEED_VARIABLES } from './seed-variables.ts';

/** Writes the settings of the whole cluster; returns the passwords that were found. */
export function readClusterVariables(context: ReadContext): { name: string; value: string }[] {
  const { hosts, scope, seed, troubles } = context;
  const secrets: { name: string; value: string }[] = [];
  const first = hosts[0];
  if (first === undefined) return secrets;
  const names = new Set(hosts.flatMap((host) => scope.names(host)));
  for (const { name, value } of SEED_MEANS) {
    if (names.has(name)) continue;
    const at = { file: context.inventory.file, offset: 0 };
    for (const outcome of SEED_VARIABLES[name]?.convert(value, () => undefined) ?? [])
      if ('set' in outcome) seed.set(outcome.set, outcome.value, at);
  }
  const unknown: string[] = [];
  for (const name of names) {
    if (Object.hasOwn(CONNECTION_VARIABLES, name)) continue;
    const variable = Object.hasOwn(SEED_VARIABLES, name) ? SEED_VARIABLES[name] : undefined;
    if (!variable) {
      unknown.push(name);
      continue;
    }
    // A variable may stand with some hosts only; its first host speaks for the cluster.
    const host = hosts.find((h) => scope.located(h, name)) ?? first;
    const source = scope.located(host, name);
    if (!source) continue;
    if (isVault(source)) {
      troubles.push(vaultTrouble(source));
      continue;
    }
    try {
      const outcomes = variable.convert(needsValue(variable.convert) ? scope.value(host, name) : undefined, (other) =>
        scope.value(host, other),
      );
      for (const outcome of outcomes) {
        if ('set' in outcome) seed.set(outcome.set, outcome.value, source);
        else if ('secret' in outcome)
          secrets.push({ name: `${context.cluster}/${outcome.secret}`, value: outcome.value });
        else troubles.push(troubleOf(name, source, outcome));
      }
      if (outcomes.some((o) => 'set' in o)) differing(context, name, host);
    } catch (error) {
      if (!(error instanceof TroubleError)) throw error;
      troubles.push(error.trouble);
    }
  }
  keepKubernetesRepository(context);
  for (const name of unknown) reportUnknown(context, name);
  return secrets;
}

/** In the seed each repository has a default of its own: one for Docker does not take away the one for Kubernetes. */
function keepKubernetesRepository({ seed, inventory }: ReadContext): void {
  const { packages, kubernetes } = seed.document as {
    packages?: { repositories?: { name: string }[] };
    kubernetes?: { version?: unknown };
  };
  const version = parseVersion(String(kubernetes?.version));
  if (!packages?.repositories || !version || packages.repositories.some((r) => r.name.startsWith('kubernetes-')))
    return;
  for (const repository of defaultRepositories(version))
    seed.set(['packages', 'repositories', '+'], repository, { file: inventory.file, offset: 0 });
}

/** Rows without effect take no argument: an expression in them need not even be evaluated. */
const needsValue = (convert: (value: unknown, get: never) => unknown): boolean => convert.length > 0;

/** One cluster has one value: hosts that say otherwise are an error, not a surprise. */
function differing({ hosts, scope, troubles }: ReadContext, name: string, speaker: string): void {
  const expected = JSON.stringify(scope.value(speaker, name));
  for (const host of hosts) {
    const source = scope.located(host, name);
    if (!source || JSON.stringify(scope.value(host, name)) === expected) continue;
    troubles.push({
      file: source.file,
      offset: source.nameOffset,
      message: `${name} has another value for host ${host} than for ${speaker}; kha has one for the whole cluster.`,
      hint: 'Set it once, in [all:vars].',
    });
    return;
  }
}

function reportUnknown({ hosts, scope, troubles }: ReadContext, name: string): void {
  // A variable of the site that other expressions use is what variables are for.
  if (scope.used.has(name)) return;
  const host = hosts.find((h) => scope.located(h, name));
  const source = host === undefined ? undefined : scope.located(host, name);
  if (!source) return;
  const near = didYouMean(name, [...Object.keys(SEED_VARIABLES), ...Object.keys(CONNECTION_VARIABLES)]);
  troubles.push({
    file: source.file,
    offset: source.nameOffset,
    message: `The variable ${name} is unknown, and nothing uses it.`,
    hint: near ? `Did you mean ${near}?` : 'Take it out, or correct its name.',
    severity: 'warning',
  });
}
