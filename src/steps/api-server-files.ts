import type { Cluster } from '../cluster/cluster.ts';
import { ENCRYPTION_CONFIGURATION, encryptionSecret } from '../cluster/paths.ts';
import { masters } from '../cluster/role.ts';
import { toYaml } from '../formats/yaml.ts';
import { directory } from '../graph/effects/directory.ts';
import { file, secretFile } from '../graph/effects/file.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { step } from '../graph/step.ts';
import { createAuthorities } from './create-authorities.ts';

export const apiServerFiles = step({
  id: 'api-server-files',
  title: 'Files of the API server',
  why: 'Secrets are encrypted in etcd with a key of this cluster alone, and who did what is written down where asked.',
  after: [createAuthorities],
  hosts: masters,
  effects: ({ cluster }) => [
    directory('/etc/kubernetes'),
    ...(cluster.kubernetes.encryption.enabled
      ? [secretFile(ENCRYPTION_CONFIGURATION, encryptionSecret(cluster.name))]
      : []),
    ...audit(cluster),
  ],
  policy: 'quick',
});

function audit({ kubernetes: { audit: settings } }: Cluster): Effect[] {
  if (!settings.enabled) return [];
  return [
    directory(settings.logPath.slice(0, settings.logPath.lastIndexOf('/')), '700'),
    file(
      settings.policyFile,
      toYaml({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: settings.rules ?? defaultRules }),
      { mode: '600' },
    ),
  ];
}

const quiet = (rest: Record<string, unknown>) => ({ level: 'None', ...rest });
const metadata = (resources: string[]) => ({ level: 'Metadata', resources: [{ group: '', resources }] });

/** Who changed what; nothing of the cluster's own chatter, and never the content of a secret. */
const defaultRules: unknown[] = [
  quiet({
    users: ['system:kube-proxy'],
    verbs: ['watch'],
    resources: [{ group: '', resources: ['endpoints', 'services'] }],
  }),
  quiet({
    userGroups: ['system:nodes'],
    verbs: ['get'],
    resources: [{ group: '', resources: ['nodes', 'nodes/status'] }],
  }),
  quiet({ resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] }),
  quiet({ resources: [{ group: '', resources: ['events'] }] }),
  quiet({ nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/openapi*'] }),
  metadata(['secrets', 'configmaps', 'serviceaccounts/token']),
  { level: 'Metadata', resources: [{ group: 'authentication.k8s.io', resources: ['tokenreviews'] }] },
  {
    level: 'Request',
    verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
    omitStages: ['RequestReceived'],
  },
  { level: 'Metadata', omitStages: ['RequestReceived'] },
];
