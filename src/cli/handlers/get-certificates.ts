import { lookAtCertificates, trustedOf } from '../../activities/look-at-certificates.ts';
import type { Ports } from '../../activities/ports.ts';
import { openReader } from '../../activities/session.ts';
import type { CertificateFacts } from '../../cluster/certificate.ts';
import {
  certificateState,
  type CertificateState,
  endOf,
  type SeenCertificate,
} from '../../cluster/certificate-state.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { KhaError } from '../../cluster/error.ts';
import type { Context } from '../context.ts';
import { printRows, type Rows } from '../output/print-rows.ts';
import { age, iso } from '../output/time.ts';
import { readWithin } from '../renewal-options.ts';

interface Options {
  output: string | undefined;
  noHeaders: boolean;
  within: string | undefined;
}

interface Row {
  cluster: string;
  seen: SeenCertificate;
  state: CertificateState;
}

/** Prints the certificates of clusters as their hosts have them. Throws KHA1030 where some end within the time that was asked for. */
export async function getCertificates(context: Context, clusters: readonly Cluster[], options: Options): Promise<void> {
  const within = options.within === undefined ? undefined : readWithin(options.within);
  const { compose } = await import('../../compose.ts');
  const ports = compose(await context.store());
  try {
    await printCertificates(context, ports, clusters, { ...options, ms: within });
  } finally {
    await ports.close();
  }
}

/** As `getCertificates`, over these ports. */
export async function printCertificates(
  context: Context,
  ports: Ports,
  clusters: readonly Cluster[],
  { ms, ...options }: Options & { ms: number | undefined },
): Promise<void> {
  const failures: unknown[] = [];
  const rows = (
    await Promise.all(clusters.map(async (cluster) => lookAtAll(context, ports, cluster, failures)))
  ).flatMap(({ name, seen }) =>
    seen.map((one): Row => ({ cluster: name, seen: one, state: certificateState(one, context.now(), ms) })),
  );
  await printRows(context, table(context, rows), options);
  const ending = rows.filter(({ seen }) => (endOf(seen) ?? Infinity) <= context.now() + (ms ?? 0));
  if (ms !== undefined && ending.length > 0) {
    const names = [...new Set(ending.map(({ seen }) => seen.host))].join(', ');
    throw new KhaError(
      `${ending.length === 1 ? '1 certificate ends' : `${ending.length} certificates end`} within ${options.within ?? ''}, on ${names}.`,
      {
        code: 'KHA1030',
        blame: 'cluster',
        hint: `kha start-workflow renew-certificates --cluster ${ending[0]?.cluster ?? ''} --within ${options.within ?? ''}`,
      },
    );
  }
  if (failures.length > 0) throw failures[0];
}

async function lookAtAll(
  context: Context,
  ports: Ports,
  cluster: Cluster,
  failures: unknown[],
): Promise<{ name: string; seen: SeenCertificate[] }> {
  const trusted = await trustedOf(ports, cluster);
  const all = await Promise.all(
    cluster.hosts.map(async ({ name }) => {
      try {
        const look = await lookAtCertificates(ports, { cluster, trusted }, openReader(ports, cluster, name));
        if (look.isBlind)
          context.say(`${name} has no openssl: what it serves can't be seen. Install the package to see it.`);
        return look.certificates;
      } catch (error) {
        failures.push(error);
        context.say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        return [];
      }
    }),
  );
  return { name: cluster.name, seen: all.flat() };
}

const BAD: readonly CertificateState[] = ['expired', 'missing', 'of another authority', 'not yet valid'];

function table(context: Context, rows: readonly Row[]): Rows<Row> {
  const subject = (c: CertificateFacts | undefined): string =>
    c === undefined ? '' : [c.commonName, ...c.organizations].join(', ');
  const shown = ({ seen }: Row): CertificateFacts | undefined =>
    seen.disk ?? (seen.served === 'silent' ? undefined : seen.served);
  const until = (c: CertificateFacts | 'silent' | undefined): string =>
    c === undefined ? '' : c === 'silent' ? 'nobody answers' : iso(c.notAfter);
  const left = (row: Row): string => {
    const end = endOf(row.seen);
    if (end === undefined) return '';
    const ms = end - context.now();
    return ms > 0 ? age(ms) : `-${age(-ms)}`;
  };
  const several = new Set(rows.map((r) => r.cluster)).size > 1;
  return {
    kind: 'Certificate',
    rows,
    columns: [
      ...(several ? [{ header: 'CLUSTER', value: (r: Row) => r.cluster }] : []),
      { header: 'HOST', value: (r) => r.seen.host },
      { header: 'CERTIFICATE', value: (r) => r.seen.place.id },
      { header: 'WHAT', value: (r) => r.seen.place.what },
      { header: 'FOR', value: (r) => subject(shown(r)) },
      { header: 'UNTIL', value: (r) => until(shown(r)) },
      { header: 'LEFT', value: left },
      {
        header: 'STATE',
        value: (r) => r.state,
        paint: (cell, r) => (r.state === 'good' ? cell : context.paint(BAD.includes(r.state) ? 'red' : 'yellow', cell)),
      },
      { header: 'SERVED', wide: true, value: (r) => until(r.seen.served) },
      { header: 'PORT', wide: true, value: (r) => r.seen.place.port ?? '' },
      { header: 'ISSUER', wide: true, value: (r) => shown(r)?.issuer ?? '' },
      {
        header: 'NAMES',
        wide: true,
        value: (r) => [...(shown(r)?.dnsNames ?? []), ...(shown(r)?.ipAddresses ?? [])].join(','),
      },
      { header: 'FILE', wide: true, value: (r) => r.seen.place.file?.path ?? '' },
    ],
    name: (r) => `${r.seen.host}/${r.seen.place.id}`,
    item: ({ cluster, seen: { host, place, disk, served, isOwn }, state }) => ({
      metadata: { cluster, host, name: place.id },
      what: place.what,
      state,
      ...(isOwn === undefined ? {} : { signedByCluster: isOwn }),
      ...(place.file ? { file: { path: place.file.path, ...(disk ? factsOf(disk) : {}) } } : {}),
      ...(place.port === undefined
        ? {}
        : { served: { port: place.port, ...(served === undefined || served === 'silent' ? {} : factsOf(served)) } }),
    }),
    empty: 'There is no certificate to be seen.',
  };
}

const factsOf = ({ notBefore, notAfter, ...facts }: CertificateFacts): Record<string, unknown> => ({
  ...facts,
  notBefore: iso(notBefore),
  notAfter: iso(notAfter),
});
