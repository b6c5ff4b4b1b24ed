import { certificatePlaces } from '../cluster/certificate-places.ts';
import { KhaError } from '../cluster/error.ts';
import { KUBELET_CONF, KUBELET_DUE } from '../cluster/paths.ts';
import { sh } from '../formats/sh.ts';
import { NEWER_FILES } from '../parts/certificate-readers.ts';
import type { TaskResult } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { eventually } from './eventually.ts';
import { lookAtCertificates } from './look-at-certificates.ts';
import { lastLines, type Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** Prints why kubelet has to be started anew, or nothing. */
const WHY = sh`${NEWER_FILES}
[ -e ${KUBELET_CONF} ] || { echo 'no node'; exit 0; }
systemctl -q is-active kubelet || { echo 'it does not run'; exit 0; }
kha_newer "$(systemctl show -p MainPID --value kubelet)" ${KUBELET_DUE}`;

/** kubelet reads its certificates at its start; the pods of the node go on. At the end it serves what is on disk. */
export async function restartKubelet(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { ports, cluster, abort } = scope;
  const session = scope.session(hostName);
  const why = (await session.read('has kubelet read its certificates', WHY)).trim();
  if (why === 'no node') return { changed: false, detail: 'is no node yet' };
  const isDue = why !== '' || (await troubles(scope, session)).length > 0;
  if (isDue) {
    const result = await session.job(
      'start kubelet anew',
      sh`systemctl reset-failed kubelet 2>/dev/null || :; systemctl restart kubelet`,
    );
    if (result.exitCode !== 0)
      throw new KhaError(`kubelet of ${hostName} does not start`, {
        code: 'KHA3342',
        blame: 'host',
        where: hostName,
        lastLines: [...lastLines(result), ...(await diagnose(session)).lines],
      });
  }
  await eventually(ports.clock, abort, {
    what: `kubelet of ${hostName} serves the certificate that is on disk`,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 700,
    code: 'KHA3341',
    troubles: () => troubles(scope, session),
    explain: async () => (await diagnose(session)).lines,
  });
  return isDue
    ? { changed: true, detail: 'started anew, and serves what is on disk' }
    : { changed: false, detail: 'has read its certificates, and serves them' };
}

async function troubles({ ports, cluster }: TaskScope, session: Session): Promise<string[]> {
  const places = certificatePlaces(cluster, session.host).filter(({ id }) => id === 'kubelet');
  const { certificates } = await lookAtCertificates(ports, { cluster, trusted: {} }, session, places);
  return certificates.flatMap(({ place, disk, served }) => {
    if (served === 'silent') return [`nobody answers on ${place.port ?? ''}`];
    return served && disk && served.fingerprint !== disk.fingerprint
      ? [`${place.port ?? ''} does not show ${place.file?.path ?? ''}`]
      : [];
  });
}
