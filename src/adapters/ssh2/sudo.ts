import type { Connection } from '../../cluster/connection.ts';
import type { KhaError } from '../../cluster/error.ts';
import { placeOf, sshError } from './errors.ts';

/** Why sudo did not start our shell, read from what it said (LC_ALL=C). */
export function sudoError(to: Connection, said: string, prompt: string | undefined): KhaError {
  const questions = prompt === undefined ? 0 : said.split(prompt).length - 1;
  const text = prompt === undefined ? said : said.replaceAll(prompt, '');
  const lastLines = text.trim() === '' ? [] : text.trim().split('\n').slice(-10);
  const error = (message: string, hint: string) =>
    sshError('sudo', to, `${message} (user ${to.user} on ${placeOf(to)})`, { hint, lastLines });
  if (questions > 1 || /incorrect password|try again/i.test(text))
    return error('sudo refuses the password.', 'Correct the sudo password that the cluster file refers to.');
  if (/password is required/i.test(text))
    return error(
      'sudo asks for a password, and kha has none.',
      `Give a sudo password reference in the cluster file, or allow it without on the host: echo '${to.user} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/${to.user}`,
    );
  if (/not in the sudoers|not allowed to (execute|run)|may not run sudo/i.test(text))
    return error(
      'sudo does not allow this user to become root.',
      `On the host, as root: usermod -aG sudo ${to.user} (or wheel).`,
    );
  if (/must have a tty/i.test(text))
    return error('sudo wants a terminal.', "Remove `Defaults requiretty` from the host's sudoers.");
  if (/not found|No such file/i.test(text))
    return error('sudo is not installed.', 'Install sudo on the host, or log in as root.');
  return error('sudo did not start a shell.', `Try by hand: ssh -p ${to.port} ${to.user}@${to.address} sudo -v`);
}
