import { isIP } from 'node:net';
import type { Path } from '../../cluster/issue.ts';
import type { Located } from './located.ts';
import { flag, integer, type Outcome, text } from './outcome.ts';

/** What a variable of one host comes to; `password` is kept in the store and referred to at `set`. */
export type HostOutcome = Outcome | { password: string; set: Path };

type Rule = (value: unknown, get: (name: string) => unknown) => HostOutcome[];

const ssh =
  (key: string, convert: (value: unknown) => unknown): Rule =>
  (value) => [{ set: ['ssh', key], value: convert(value) }];
const quiet: Rule = () => [];
const address: Rule = (value) =>
  typeof value === 'string' && isIP(value) === 0 && /^[\w.-]+$/.test(value)
    ? [{ set: ['ssh', 'config'], value }]
    : [{ set: ['address'], value }];
const password: Rule = (value) => [{ password: text(value) as string, set: ['ssh', 'password'] }];
const sudoPassword: Rule = (value) => [{ password: text(value) as string, set: ['ssh', 'sudo', 'password'] }];

/** `-o ProxyJump=a,b` and `-J a,b` are understood; a ProxyCommand is not, and unchecked host keys are not wanted. */
const sshArgs: Rule = (value) => {
  const options = String(value);
  const jump = /(?:-J\s*|ProxyJump[= ]\s*)["']?([^\s"']+)/.exec(options)?.[1];
  const outcomes: HostOutcome[] = jump ? [{ set: ['ssh', 'jump'], value: jump.split(',') }] : [];
  if (/ProxyCommand/i.test(options))
    outcomes.push({
      error: 'kha does not run a ProxyCommand.',
      hint: 'Use -o ProxyJump=user@bastion, or `jump` in a cluster file.',
    });
  const rest = options.replace(/(-J\s*\S+|-o\s*["']?ProxyJump[= ]\s*\S+|-o\s*["']?ProxyCommand.*)/g, '').trim();
  if (/StrictHostKeyChecking[= ]"?no|UserKnownHostsFile[= ]"?\/dev\/null/i.test(options))
    outcomes.push({
      warning: 'kha checks host keys all the same; it asks once, when it sees a host first.',
      hint: 'Take the option out; --accept-host-keys answers for a pipeline.',
    });
  else if (rest !== '' && !/ProxyCommand/i.test(options))
    outcomes.push({
      warning: `The SSH options ${rest} have no effect in kha.`,
      hint: 'Set what you need in `ssh` of a cluster file.',
    });
  return outcomes;
};

const become: Rule = (value, get) =>
  flag(value) === false && get('ansible_user') !== undefined && get('ansible_user') !== 'root'
    ? [{ warning: 'kha always becomes root.', hint: 'Take it out, or log in as root.' }]
    : [];

/** Ansible's own variables about one host, by name; later names of one setting are older spellings. */
export const CONNECTION_VARIABLES: Record<string, Rule> = {
  ansible_host: address,
  ansible_ssh_host: address,
  ansible_port: ssh('port', integer),
  ansible_ssh_port: ssh('port', integer),
  ansible_user: ssh('user', text),
  ansible_ssh_user: ssh('user', text),
  ansible_ssh_private_key_file: ssh('keyFile', text),
  ansible_private_key_file: ssh('keyFile', text),
  ansible_ssh_pass: password,
  ansible_password: password,
  ansible_ssh_password: password,
  ansible_become_pass: sudoPassword,
  ansible_become_password: sudoPassword,
  ansible_sudo_pass: sudoPassword,
  ansible_ssh_common_args: sshArgs,
  ansible_ssh_extra_args: sshArgs,
  ansible_become: become,
  ansible_connection: (value) =>
    ['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(String(value))
      ? []
      : [
          {
            error: `kha reaches hosts by SSH, not by ${String(value)}.`,
            hint: 'Take it out; sshd of this machine will do too.',
          },
        ],
  ansible_become_method: (value) =>
    value === 'sudo'
      ? []
      : [{ warning: `kha becomes root with sudo, not with ${String(value)}.`, hint: 'Allow sudo.' }],
  ansible_become_user: (value) =>
    value === 'root' ? [] : [{ warning: `kha becomes root, not ${String(value)}.`, hint: 'Take it out.' }],
  ansible_python_interpreter: quiet,
  ansible_ssh_pipelining: quiet,
  ansible_shell_type: quiet,
  ansible_ssh_host_key_checking: (value) =>
    flag(value) === false
      ? [{ warning: 'kha checks host keys all the same.', hint: '--accept-host-keys answers for a pipeline.' }]
      : [],
};
CONNECTION_VARIABLES.ansible_host_key_checking = CONNECTION_VARIABLES.ansible_ssh_host_key_checking as Rule;

/** Ansible Vault's mark at the beginning of an encrypted text. */
export const isVault = ({ value }: Located): boolean => typeof value === 'string' && value.startsWith('$ANSIBLE_VAULT');
