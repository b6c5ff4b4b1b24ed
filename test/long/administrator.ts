import { onHost } from '../lab/kha.ts';

/** Credential of a cluster's administrator, each part in base64 as in a kubeconfig. */
export interface Administrator {
  ca: string;
  cert: string;
  key: string;
}

/** From a master's admin.conf. */
export async function administratorOf(master: string): Promise<Administrator> {
  const admin = await onHost(master, 'cat /etc/kubernetes/admin.conf');
  const part = (field: string): string => {
    const content = new RegExp(`${field}: (\\S+)`).exec(admin)?.[1];
    if (content === undefined) throw new Error(`admin.conf of ${master} has no ${field}`);
    return content;
  };
  return {
    ca: part('certificate-authority-data'),
    cert: part('client-certificate-data'),
    key: part('client-key-data'),
  };
}
