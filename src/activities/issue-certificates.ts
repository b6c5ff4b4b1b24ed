import { createPublicKey } from 'node:crypto';
import { type Authority, type CertificateSpec, certificatesOf, serviceAccountSecret } from '../cluster/certificates.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { type Due, type ExistingCertificate, judge } from '../cluster/judge-certificate.ts';
import { readKubeconfig, writeKubeconfig } from '../formats/kubeconfig.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { type FileEffect, file, secretFile } from '../graph/effects/file.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { actScript, lookScript, readReports, secretFiles } from '../graph/effects/compile.ts';
import type { KeyPair } from '../ports/certificate-authority.ts';
import { bundleOf, type Root, rootsOf } from './create-authorities.ts';
import type { TaskResult } from './contract.ts';
import type { Ports } from './ports.ts';
import { lastLines, type Session } from './session.ts';

interface Issuing {
  /** Ids of those that it is about; absent: all. */
  only?: readonly string[];
  /** Those are due that end within this time; absent: in the last tenth of their life. */
  withinMs?: number;
}

/**
 * Gives a host its certificates, keys and kubeconfigs: keeps what is good, makes what is missing, wrong or about to expire. A key that is
 * there stays: so a renewal changes one file, and whatever starts meanwhile finds a certificate that fits its key.
 */
export async function issueCertificates(
  ports: Ports,
  session: Session,
  cluster: Cluster,
  { only, withinMs }: Issuing = {},
): Promise<TaskResult> {
  const specs = certificatesOf(cluster, session.host).filter(({ id }) => only?.includes(id) ?? true);
  const roots = await rootsOf(ports, cluster);
  const serviceAccountKey = (await ports.store.getSecret(serviceAccountSecret(cluster.name))) ?? '';
  const found = await readFiles(session, specs);
  const renewed: string[] = [];
  const wanted: Wanted[] = [];
  for (const spec of specs) {
    const { files, reason } = await filesOf(spec, { ports, cluster, roots, serviceAccountKey, found, withinMs });
    wanted.push(...files);
    if (reason) renewed.push(`${spec.id}: ${reason}`);
  }

  const effects: FileEffect[] = wanted.map((w) =>
    w.secret ? secretFile(w.path, w.path, { mode: w.mode }) : file(w.path, w.text, { mode: w.mode }),
  );
  const keys = Object.fromEntries(wanted.filter((w) => w.secret).map((w) => [w.path, w.text]));
  if (!(await putCertificates(session, effects, keys)))
    return { changed: false, detail: `${specs.length} certificates and kubeconfigs are good` };
  return {
    changed: true,
    detail:
      renewed.length > 0
        ? `issued ${renewed.length} of ${specs.length} (${renewed.slice(0, 3).join('; ')}${renewed.length > 3 ? '; …' : ''})`
        : 'modes and owners set right',
  };
}

/** Brings the effects about, whose secrets are no names but the values themselves. False: all was so already. */
export async function putCertificates(
  session: Session,
  effects: readonly Effect[],
  secrets: Record<string, string>,
  part?: string,
): Promise<boolean> {
  const seen = readReports(await session.read('compare certificates', lookScript(effects, secrets)));
  if (seen.length === effects.length && seen.every((r) => r.outcome === 'same')) return false;
  const result = await session.job('write certificates, keys and kubeconfigs', actScript(effects, secrets), {
    secrets: secretFiles(secrets),
    ...(part === undefined ? {} : { part }),
  });
  if (result.exitCode === 0) return true;
  throw new KhaError(`certificates could not be written on ${session.host.name}`, {
    code: 'KHA3101',
    blame: 'host',
    where: session.host.name,
    lastLines: lastLines(result),
  });
}

interface Wanted {
  path: string;
  text: string;
  /** Octal digits. */
  mode: string;
  secret: boolean;
}

/** Contents of all files of the specs that are there, in one round trip. */
async function readFiles(session: Session, specs: readonly CertificateSpec[]): Promise<Map<string, string>> {
  const paths = specs.flatMap((s) =>
    s.kind === 'kubeconfig' ? [s.file.path] : s.kind === 'leaf' ? [s.certificate.path, s.key.path] : [],
  );
  const script = shJoin(paths.map((p) => sh`[ ! -f ${p} ] || printf '%s\t%s\n' ${p} "$(base64 -w0 <${p})"`));
  const out = await session.read('read certificates', script, { secretOutput: true, maxBytes: 4 << 20 });
  return new Map(
    out
      .split('\n')
      .filter((l) => l.includes('\t'))
      .map((l) => {
        const [path = '', text = ''] = l.split('\t');
        return [path, Buffer.from(text, 'base64').toString('utf8')];
      }),
  );
}

interface Making {
  ports: Ports;
  cluster: Cluster;
  roots: Record<Authority, Root>;
  serviceAccountKey: string;
  found: Map<string, string>;
  withinMs: number | undefined;
}

async function filesOf(
  spec: CertificateSpec,
  { ports, cluster, roots, serviceAccountKey, found, withinMs }: Making,
): Promise<{ files: Wanted[]; reason?: string }> {
  const { authority, clock } = ports;
  const at = (f: { path: string; mode: number }, text: string): Wanted => ({
    path: f.path,
    text,
    mode: f.mode.toString(8),
    secret: f.mode === 0o600,
  });
  if (spec.kind === 'authority') {
    const root = roots[spec.authority];
    return { files: [at(spec.certificate, bundleOf(root)), ...(spec.key ? [at(spec.key, root.key)] : [])] };
  }
  if (spec.kind === 'service-account') {
    return {
      files: [
        at(spec.key, serviceAccountKey),
        at(spec.publicKey, createPublicKey(serviceAccountKey).export({ type: 'spki', format: 'pem' }).toString()),
      ],
    };
  }
  if (spec.kind === 'leaf') {
    const pair = { certificate: found.get(spec.certificate.path) ?? '', key: found.get(spec.key.path) ?? '' };
    const root = roots[spec.authority];
    const existing = pair.certificate && pair.key ? existingOf(ports, root, pair) : undefined;
    const verdict = judge(spec, existing, clock.now(), dueOf(ports, root, withinMs));
    const good =
      verdict === 'keep'
        ? pair
        : await authority.issue(root, spec.request, { key: pair.key, keySize: cluster.pki.keySize });
    // Pods that were started before the authority was replaced trust the former one until they are started anew.
    const chain = verdict !== 'keep' && spec.id === 'apiserver' ? (root.cross ?? '') : '';
    return {
      files: [at(spec.key, good.key), at(spec.certificate, `${good.certificate}${chain}`)],
      ...(verdict === 'keep' ? {} : { reason: verdict.renew }),
    };
  }
  const root = roots[spec.authority];
  const text = found.get(spec.file.path);
  const config = text === undefined ? undefined : readKubeconfig(text);
  const existing = config && existingOf(ports, root, config);
  const verdict = judge(
    spec,
    existing && {
      ...existing,
      trusted: existing.trusted && config.authority.trim() === bundleOf(root).trim(),
      server: config.server,
    },
    clock.now(),
    dueOf(ports, root, withinMs),
  );
  if (verdict === 'keep' && text !== undefined) return { files: [at(spec.file, text)] };
  const pair = await authority.issue(root, spec.request, { keySize: cluster.pki.keySize });
  const fresh = writeKubeconfig({
    server: spec.server,
    clusterName: spec.clusterName,
    user: spec.user,
    authority: bundleOf(root),
    ...pair,
  });
  return { files: [at(spec.file, fresh)], reason: verdict === 'keep' ? 'it is missing' : verdict.renew };
}

/** Absent: the rule of every other operation. */
export const dueOf = ({ authority }: Ports, root: KeyPair, withinMs: number | undefined): Due | undefined =>
  withinMs === undefined ? undefined : { withinMs, rootEnds: authority.inspect(root.certificate).notAfter };

export function existingOf({ authority }: Ports, root: KeyPair, pair: KeyPair): ExistingCertificate | undefined {
  try {
    return { facts: authority.inspect(pair.certificate), trusted: authority.verify(root.certificate, pair) };
  } catch {
    // What can't be read is as good as missing: it is replaced.
    return undefined;
  }
}
