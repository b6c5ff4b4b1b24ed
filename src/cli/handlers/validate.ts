import { type Role, rolesOf } from '../../cluster/role.ts';
import { readCluster, showWarnings } from '../cluster-source.ts';
import type { Handler } from '../command.ts';
import type { ValidateInput } from '../commands/validate.ts';
import { document, printDocument } from '../output/document.ts';

export const run: Handler<ValidateInput> = async (context, { options }) => {
  const loaded = await readCluster(context, options);
  const { cluster, findings, sources } = loaded;
  if (options.output === 'json' || options.output === 'yaml') {
    const content = { valid: true, sources, findings, cluster };
    await printDocument(context, options.output, document('Validation', content));
    return;
  }
  await showWarnings(context, loaded);
  const { paint } = context;
  const count = (role: Role): number => cluster.hosts.filter((h) => rolesOf(cluster, h).includes(role)).length;
  const several = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  const parts = [
    several(cluster.hosts.length, 'host'),
    several(count('master'), 'master'),
    several(count('worker'), 'worker'),
    `${count('etcd')} with etcd`,
    ...(count('lb') > 0 ? [several(count('lb'), 'load balancer host')] : []),
  ];
  const warnings = findings.length > 0 ? `, ${several(findings.length, 'warning')}` : '';
  context.print(
    `${paint('green', '✔')} ${sources.join(', ')}: ${paint('bold', cluster.name)} is valid${warnings}: Kubernetes ${cluster.kubernetes.version}, ${parts.join(', ')}.`,
  );
  context.say(`Next: kha plan init-cluster ${sourceFlags(options)}`);
};

function sourceFlags({ file, inventory, extraVars }: ValidateInput['options']): string {
  return [
    ...file.map((f) => `-f ${f}`),
    ...(inventory === undefined ? [] : [`-i ${inventory}`]),
    ...extraVars.map((e) => `-e ${e}`),
  ].join(' ');
}
