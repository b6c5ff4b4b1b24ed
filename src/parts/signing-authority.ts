import { certificatePlaces } from '../cluster/certificate-places.ts';
import type { Cluster, Host } from '../cluster/cluster.ts';
import { KHA_DIR, MANIFEST_DIR, PKI_DIR } from '../cluster/paths.ts';
import { SIGNING_FILE, signingSecret } from '../cluster/rotation.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { absent } from '../graph/effects/absent.ts';
import { command } from '../graph/effects/command.ts';
import { secretFile } from '../graph/effects/file.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { wait } from '../graph/effects/wait.ts';

const MANIFEST = `${MANIFEST_DIR}/kube-controller-manager.yaml`;

/** The controller manager signs with a file of its own, which has one authority while ca.crt has two. */
export const signsApart = (cluster: Cluster, host: Host): Effect[] => [
  secretFile(SIGNING_FILE, signingSecret(cluster.name)),
  ...signsWith(cluster, host, SIGNING_FILE, SIGNING_FILE),
];

/** It signs with what kubeadm gave it. */
export const signsAsBefore = (cluster: Cluster, host: Host): Effect[] => [
  ...signsWith(cluster, host, `${PKI_DIR}/ca.crt`, `${PKI_DIR}/ca.key`),
  absent(SIGNING_FILE),
];

function signsWith(cluster: Cluster, host: Host, certificate: string, key: string): Effect[] {
  const served = certificatePlaces(cluster, host).find(({ id }) => id === 'controller-manager')?.port ?? '';
  const aside = `${KHA_DIR}/kube-controller-manager.yaml.kha-new`;
  const flags = [`--cluster-signing-cert-file=${certificate}`, `--cluster-signing-key-file=${key}`];
  return [
    command(`the manifest of kube-controller-manager signs with ${certificate}`, {
      look: sh`sed -n ${String.raw`s/^ *- \(--cluster-signing-\(cert\|key\)-file=.*\)$/\1/p`} ${MANIFEST} 2>/dev/null | sort | tr '\\n' ' '`,
      want: `${flags.join(' ')} `,
      act: shJoin([
        sh`sed ${`s|^\\( *- \\)--cluster-signing-cert-file=.*$|\\1${flags[0] ?? ''}|; s|^\\( *- \\)--cluster-signing-key-file=.*$|\\1${flags[1] ?? ''}|`} ${MANIFEST} >${aside}`,
        sh`chmod --reference=${MANIFEST} ${aside} && chown --reference=${MANIFEST} ${aside} && mv ${aside} ${MANIFEST}`,
      ]),
    }),
    wait(`kube-controller-manager signs with ${certificate}`, {
      probe: sh`p=$(pgrep -xo kube-controller) && tr '\\0' '\\n' </proc/$p/cmdline | grep -qxF -e ${flags[0] ?? ''} && curl -kfsS --noproxy '*' --max-time 5 -o /dev/null ${`https://${served}/healthz`}`,
      timeoutSeconds: cluster.timeouts.readyMinutes * 60,
      containers: ['kube-controller-manager'],
    }),
  ];
}
