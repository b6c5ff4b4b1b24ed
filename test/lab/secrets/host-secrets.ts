import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onHost } from '../kha.ts';
import { filesBelow } from './files.ts';
import type { Secret } from './secret.ts';
import { secretsIn } from './secrets-in.ts';
import { tokensIn } from './tokens.ts';

/** Where keys and tokens of a node lie. */
const PLACES = ['etc/kubernetes', 'var/lib/kubelet/pki', 'var/lib/kubelet/pods', 'etc/ssh'];
const BIGGEST = 1 << 20;

/** What is secret of a host, read from below its root folder. */
export function hostSecrets(host: string, root: string): Secret[] {
  return PLACES.flatMap((place) => filesBelow(join(root, place))).flatMap((path) => {
    const text = readFileSync(path);
    return text.length > BIGGEST ? [] : secretsIn(`${host}:${path.slice(root.length)}`, text.toString('latin1'));
  });
}

/** Bootstrap tokens that the cluster of a master still knows. */
export async function clusterTokens(master: string): Promise<Secret[]> {
  const out = await onHost(
    master,
    `[ ! -e /etc/kubernetes/admin.conf ] || kubectl --kubeconfig /etc/kubernetes/admin.conf get secret -n kube-system \
--field-selector type=bootstrap.kubernetes.io/token -o jsonpath='{range .items[*]}{.data.token-id} {.data.token-secret}{"\\n"}{end}'`,
  );
  const decode = (text = ''): string => Buffer.from(text, 'base64').toString();
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '))
    .flatMap(([id, secret]) => tokensIn(`token of the cluster of ${master}`, `${decode(id)}.${decode(secret)}`));
}
