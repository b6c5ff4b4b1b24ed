import type { Connection } from '../../cluster/connection.ts';
import { KhaError, type KhaErrorOptions } from '../../cluster/error.ts';

/** Codes of what can go wrong between kha and a host. */
export const sshCode = {
  unreachable: 'KHA3001',
  refused: 'KHA3002',
  connectTimeout: 'KHA3003',
  authentication: 'KHA3004',
  hostKeyUnknown: 'KHA3005',
  hostKeyChanged: 'KHA3006',
  hostKeyRefused: 'KHA3007',
  connectionLost: 'KHA3008',
  commandTimeout: 'KHA3009',
  sudo: 'KHA3010',
  bastion: 'KHA3011',
  credential: 'KHA3012',
  handshake: 'KHA3013',
  shell: 'KHA3014',
  channel: 'KHA3015',
} as const;

/** `m1 (10.0.0.1:22)`, as errors name a host. */
export const placeOf = (to: Connection): string => `${to.name} (${to.address}:${to.port})`;

export function sshError(
  code: keyof typeof sshCode,
  to: Connection,
  message: string,
  options: Partial<Omit<KhaErrorOptions, 'code'>> = {},
): KhaError {
  return new KhaError(message, { blame: 'host', where: to.name, ...options, code: sshCode[code] });
}

/** What a socket error means, in words and with a way out. */
export function socketError(to: Connection, cause: NodeJS.ErrnoException): KhaError {
  const place = placeOf(to);
  switch (cause.code ?? '') {
    case 'ECONNREFUSED':
      return sshError('refused', to, `${place} refuses connections: no sshd listens there.`, {
        hint: `Start sshd on ${to.name} (systemctl start ssh), or correct its address and ssh port in the cluster file.`,
        cause,
      });
    case 'ETIMEDOUT':
      return sshError('connectTimeout', to, `${place} does not answer.`, {
        hint: `Check that ${to.name} is powered on and that no firewall drops port ${to.port}: nc -vz ${to.address} ${to.port}`,
        cause,
      });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return sshError('unreachable', to, `The name ${to.address} of ${to.name} can't be resolved.`, {
        hint: 'Give an IP address in the cluster file, or repair name resolution on the machine of the worker.',
        cause,
      });
    default:
      return sshError('unreachable', to, `${place} can't be reached: ${cause.message}.`, {
        hint: `Check the network between the machine of the worker and ${to.name}: ping ${to.address}`,
        cause,
      });
  }
}
