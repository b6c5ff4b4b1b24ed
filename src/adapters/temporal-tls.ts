import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { KhaError } from '../cluster/error.ts';

const TIMEOUT_MS = 3000;
/** Some servers refuse a client certificate without an alert. */
const ENDED = 'ENDED';

type Tls = Exclude<NativeConnectionOptions['tls'], boolean | null | undefined>;

/** What stands in the way, in words, and the way out. */
interface Trouble {
  what: string;
  hint: string;
}

const authority: Trouble = {
  what: 'its certificate is of an authority that is not trusted here',
  hint: 'Name the file with the certificate of its authority in TEMPORAL_TLS_SERVER_CA_CERT_PATH (server_ca_cert_path in a profile).',
};
const ownCertificate: Trouble = {
  what: 'it does not accept the client certificate',
  hint: 'Give one of an authority that the server accepts, and that is still valid, in TEMPORAL_TLS_CLIENT_CERT_PATH and …_KEY_PATH.',
};
const expired: Trouble = {
  what: 'its certificate is not valid today',
  hint: 'Renew the certificate of the server, and look at the clocks of both machines.',
};
const noTls: Trouble = {
  what: 'it does not speak TLS, but the settings here demand it',
  hint: 'Unset the TEMPORAL_TLS… variables and TEMPORAL_API_KEY, or TEMPORAL_TLS=false; or is it another port?',
};
const missingCertificate: Trouble = {
  what: 'it demands a client certificate, and none is given',
  hint: 'Name the files in TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH (client_cert_path, client_key_path in a profile).',
};
const wrongName: Trouble = {
  what: 'its certificate is for other names than this address',
  hint: 'Use a name that stands in the certificate as TEMPORAL_ADDRESS, or say it in TEMPORAL_TLS_SERVER_NAME.',
};
const unusable: Trouble = {
  what: 'a file with a certificate or key can not be used',
  hint: 'They must be PEM, the key without a passphrase, and key and certificate a pair: see the TEMPORAL_TLS_…_PATH variables.',
};
const plain: Trouble = {
  what: 'it speaks TLS, but the settings here do not',
  hint: 'Set TEMPORAL_TLS=true; with an authority of your own TEMPORAL_TLS_SERVER_CA_CERT_PATH, for mutual TLS TEMPORAL_TLS_CLIENT_CERT_PATH and …_KEY_PATH.',
};

/** Codes of Node and OpenSSL (errors of verification in openssl-verification-options(1), alerts in RFC 8446 §6.2). */
const troubles: readonly [RegExp, Trouble][] = [
  [/^ERR_OSSL_(PEM|X509|ASN1|EVP|CRYPTO|UNSUPPORTED)/, unusable],
  [/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|INVALID_CA|CERT_UNTRUSTED/, authority],
  [/ALTNAME_INVALID/, wrongName],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, expired],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL/, noTls],
  [/ALERT_CERTIFICATE_REQUIRED/, missingCertificate],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN)|ACCESS_DENIED|DECRYPT_ERROR)|^ENDED$/,
    ownCertificate,
  ],
];

/**
 * The reason why TLS with a Temporal fails, where TLS is the reason: Temporal's client only says that there was no
 * connection in time. It tries a handshake of its own.
 */
export async function tlsTrouble(
  address: string,
  settings: NativeConnectionOptions['tls'],
): Promise<KhaError | undefined> {
  const tls = settings === true ? {} : settings || undefined;
  const code = await handshake(address, tls);
  if (tls === undefined) return code === 'ok' ? tlsError(address, plain) : undefined;
  if (code === 'ok' || code === undefined) return undefined;
  // TLS 1.2 has no alert of its own for a certificate that is missing.
  const missing = /ALERT_(HANDSHAKE_FAILURE|BAD_CERTIFICATE)|^ENDED$/.test(code) && tls.clientCertPair === undefined;
  const known = missing ? missingCertificate : troubles.find(([pattern]) => pattern.test(code))?.[1];
  return known && tlsError(address, known, code === ENDED ? 'it ends the connection after the handshake' : code);
}

const tlsError = (address: string, { what, hint }: Trouble, code?: string): KhaError =>
  new KhaError(`TLS with Temporal at ${address} fails: ${what}${code === undefined ? '' : ` (${code})`}.`, {
    code: 'KHA6109',
    blame: 'temporal',
    hint,
    final: true,
  });

/** `ok`, the code of the error, or undefined where there was no answer. Without settings anything that speaks TLS is ok. */
async function handshake(address: string, tls: Tls | undefined): Promise<string | undefined> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  const servername = tls?.serverNameOverride ?? host;
  let socket: TLSSocket | undefined;
  try {
    return await new Promise<string | undefined>((resolve) => {
      socket = connect({
        host,
        port: Number(port || 7233),
        ALPNProtocols: ['h2'],
        rejectUnauthorized: tls !== undefined,
        ...(isIP(servername) ? {} : { servername }),
        ...(tls?.serverRootCACertificate ? { ca: Buffer.from(tls.serverRootCACertificate) } : {}),
        ...(tls?.clientCertPair
          ? { cert: Buffer.from(tls.clientCertPair.crt), key: Buffer.from(tls.clientCertPair.key) }
          : {}),
      });
      socket.setTimeout(TIMEOUT_MS, () => resolve(undefined));
      // With TLS 1.3 a server refuses a client only after the client's handshake: its first frame says that it does not.
      let secure = false;
      socket.once('secureConnect', () => {
        secure = true;
        if (tls === undefined) resolve('ok');
      });
      socket.once('data', () => resolve('ok'));
      socket.once('error', ({ code }: NodeJS.ErrnoException) =>
        resolve(secure && code === 'ECONNRESET' ? ENDED : code),
      );
      socket.once('close', () => resolve(secure ? ENDED : undefined));
    });
  } catch (error) {
    // Thrown at once: a file that is no certificate or key.
    return (error as NodeJS.ErrnoException).code;
  } finally {
    socket?.destroy();
  }
}
