import { KhaError } from '../../cluster/error.ts';

/** Codes of remote jobs. */
export const jobCode = {
  zombie: 'KHA3020',
  start: 'KHA3021',
  timeout: 'KHA3022',
  vanishing: 'KHA3023',
  name: 'KHA3024',
} as const;

/** Names are parts of paths, of a systemd unit and of a glob: no `~`, `/`, `*`, blank. */
const idPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,149}$/;

export function checkJobId(id: string, where: string): void {
  if (idPattern.test(id)) return;
  throw new KhaError(`"${id}" can't be the name of a remote job.`, {
    code: jobCode.name,
    blame: 'kha',
    where,
    hint: 'A name has at most 150 letters, digits, dots, dashes and underscores.',
    final: true,
  });
}

export function checkSecretName(name: string, where: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(name)) return;
  throw new KhaError(`"${name}" can't be the file name of a secret of a remote job.`, {
    code: jobCode.name,
    blame: 'kha',
    where,
    hint: 'A name has at most 200 letters, digits, dots, dashes and underscores.',
    final: true,
  });
}
