import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '../../src/adapters/forge/certificate-authority.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { lookAtCertificates } from '../../src/activities/look-at-certificates.ts';
import type { Reader } from '../../src/activities/session.ts';
import type { CertificatePlace } from '../../src/cluster/certificate-places.ts';
import { certificateState, endOf } from '../../src/cluster/certificate-state.ts';
import { writeKubeconfig } from '../../src/formats/kubeconfig.ts';
import { goldenCluster } from '../fakes/cluster.ts';
import { run, temporaryDirectory } from '../fakes/shell.ts';
import { freePort } from './free-port.ts';

const DAY = 86_400_000;
const authority = createCertificateAuthority(systemClock);
const past = createCertificateAuthority({ ...systemClock, now: () => Date.now() - 10 * DAY });
const open: { close: () => void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(options: TlsOptions): Promise<string> {
  const port = await freePort();
  const server = createServer(options, (socket) => socket.end()).on('tlsClientError', () => undefined);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `127.0.0.1:${port}`;
}

/** What is seen in these places on this machine, by the shell and openssl that are here. */
async function look(places: CertificatePlace[], roots: string[]) {
  const cluster = await goldenCluster('allinone');
  const [host] = cluster.hosts;
  if (!host) throw new Error('the cluster has no host');
  const look: Reader['look'] = async (_title, command) => {
    const { code, ...output } = await run(command);
    return { exitCode: code, ...output, startedAt: 0, endedAt: 0 };
  };
  const reader: Reader = { host, look, read: async (...all) => (await look(...all)).stdout };
  return lookAtCertificates({ authority }, { cluster, trusted: { kubernetes: roots } }, reader, places);
}

describe('certificates as they are served', () => {
  it('are looked for in the file that stands for another one, while that is there', async () => {
    const root = await authority.createRoot({ commonName: 'kubernetes', days: 100 });
    const { certificate } = await authority.issue(root, { commonName: 'm1', usages: ['server'], days: 30 });
    const directory = temporaryDirectory();
    const [path, before] = [join(directory, 'kubelet.crt'), join(directory, 'current.pem')];
    const place: CertificatePlace = { id: 'kubelet', what: '', authority: 'kubernetes', file: { path, before } };
    const seen = async () => {
      const { certificates } = await look([place], [root.certificate]);
      return certificates.map(({ place: { file }, disk, isOwn }) => [file?.path, disk?.commonName, isOwn]);
    };
    expect(await seen()).toEqual([[path, undefined, undefined]]);
    writeFileSync(path, certificate);
    expect(await seen()).toEqual([[path, 'm1', true]]);
    writeFileSync(before, root.certificate);
    expect(await seen()).toEqual([[before, 'kubernetes', true]]);
  });

  it('are seen beside those on disk, from servers that want one of their client or have others for a name, and old ones', async () => {
    const root = await authority.createRoot({ commonName: 'kubernetes', days: 100 });
    const stranger = await authority.createRoot({ commonName: 'kubernetes', days: 100 });
    const request = { commonName: 'm1', ipAddresses: ['127.0.0.1'], usages: ['server' as const], days: 30 };
    const good = await authority.issue(root, request);
    const former = await past.issue(root, request);
    const old = await past.issue(await past.createRoot({ commonName: 'kubernetes', days: 100 }), {
      ...request,
      days: 1,
    });
    const directory = temporaryDirectory();
    const put = (name: string, text: string): string => {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    };
    const tls = ({ certificate, key }: { certificate: string; key: string }) => ({ cert: certificate, key });
    const mutual = { ...tls(good), ca: root.certificate, requestCert: true, rejectUnauthorized: true };
    const place = (id: string, text: string, port?: string): CertificatePlace => ({
      id,
      what: id,
      authority: 'kubernetes',
      file: { path: put(id, text) },
      ...(port === undefined ? {} : { port }),
    });
    const both = `${good.certificate}${root.certificate}`;
    const kubeconfig = writeKubeconfig({
      server: 'https://127.0.0.1:6443',
      clusterName: 'kubernetes',
      user: 'admin',
      authority: stranger.certificate,
      ...good,
    });
    const inConfig = (part: 'client' | 'trust'): CertificatePlace => ({
      id: part,
      what: part,
      authority: 'kubernetes',
      ...(part === 'trust' ? { isAuthority: true } : {}),
      file: { path: put('kubeconfig', kubeconfig), in: part },
    });
    const { certificates, isBlind } = await look(
      [
        place('good', both, await serve(mutual)),
        place('tls12', good.certificate, await serve({ ...mutual, maxVersion: 'TLSv1.2' })),
        place(
          'named',
          good.certificate,
          await serve({ ...tls(good), SNICallback: (_n, done) => done(new Error('no')) }),
        ),
        place('renewed', good.certificate, await serve(tls(former))),
        place('another', former.certificate, await serve(tls(good))),
        place('expired', good.certificate, await serve(tls(old))),
        place('foreign', (await authority.issue(stranger, request)).certificate),
        place('silent', good.certificate, `127.0.0.1:${await freePort()}`),
        place('broken', 'no certificate'),
        { id: 'absent', what: 'absent', file: { path: join(directory, 'absent') } },
        {
          id: 'roots',
          what: 'roots',
          isAuthority: true,
          authority: 'kubernetes',
          file: { path: put('roots', `${root.certificate}${stranger.certificate}`) },
        },
        inConfig('client'),
        inConfig('trust'),
      ],
      [root.certificate],
    );
    expect(isBlind).toBe(false);
    const states = certificates.map((c) => [c.place.id, certificateState(c, Date.now())]);
    expect(states).toEqual([
      ['good', 'good'],
      ['tls12', 'good'],
      ['named', 'good'],
      ['renewed', 'disk renewed, not served'],
      ['another', 'another one is served'],
      ['expired', 'disk renewed, not served'],
      ['foreign', 'of another authority'],
      ['silent', 'not served'],
      ['broken', 'missing'],
      ['absent', 'missing'],
      ['roots', 'good'],
      ['roots', 'of another authority'],
      ['client', 'good'],
      ['trust', 'of another authority'],
    ]);
    const expired = certificates.find((c) => c.place.id === 'expired');
    expect(Math.round(((expired && endOf(expired)) ?? 0) / DAY)).toBe(Math.round(Date.now() / DAY - 9));
    expect(certificateState(certificates[0] ?? { host: '', place: inConfig('client') }, Date.now(), 31 * DAY)).toBe(
      'ends soon',
    );
  });
});
