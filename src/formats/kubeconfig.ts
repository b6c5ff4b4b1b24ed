import { parse, stringify } from 'yaml';

/** A kubeconfig of one cluster and one user with a client certificate. PEM texts. */
export interface Kubeconfig {
  server: string;
  clusterName: string;
  user: string;
  /** Root that signed the API server's certificate. */
  authority: string;
  certificate: string;
  key: string;
}

const base64 = (pem: string): string => Buffer.from(pem).toString('base64');

/** The file as kubeadm and kubectl write it; the context is `<user>@<cluster>`. */
export function writeKubeconfig(config: Kubeconfig): string {
  const context = `${config.user}@${config.clusterName}`;
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          cluster: { 'certificate-authority-data': base64(config.authority), server: config.server },
          name: config.clusterName,
        },
      ],
      contexts: [{ context: { cluster: config.clusterName, user: config.user }, name: context }],
      'current-context': context,
      users: [
        {
          name: config.user,
          user: {
            'client-certificate-data': base64(config.certificate),
            'client-key-data': base64(config.key),
          },
        },
      ],
    },
    { lineWidth: 0 },
  );
}

/** What a kubeconfig's current context says; undefined where it is broken, or has no certificate inside. */
export function readKubeconfig(text: string): Kubeconfig | undefined {
  const root = record(parseYaml(text));
  const context = record(record(entry(root['contexts'], root['current-context']))['context']);
  const cluster = record(record(entry(root['clusters'], context['cluster']))['cluster']);
  const user = record(record(entry(root['users'], context['user']))['user']);
  const found = {
    server: cluster['server'],
    clusterName: context['cluster'],
    user: context['user'],
    authority: decoded(cluster['certificate-authority-data']),
    certificate: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  };
  return Object.values(found).every((value) => typeof value === 'string') ? (found as Kubeconfig) : undefined;
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

const record = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};

const entry = (list: unknown, name: unknown): unknown =>
  Array.isArray(list) ? list.find((item) => record(item)['name'] === name) : undefined;

const decoded = (value: unknown): string | undefined =>
  typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
