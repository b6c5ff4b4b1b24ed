import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import ssh2, { type AnyAuthMethod, type AuthenticationType } from 'ssh2';
import type { Connection, SecretRef } from '../../cluster/connection.ts';
import { sshError } from './errors.ts';

/** Turns a reference into the secret; throws KhaError where there is none. */
export type ResolveSecret = (ref: SecretRef) => Promise<string>;

/** What credentials need of the machine that kha runs on. */
export interface CredentialSources {
  resolveSecret: ResolveSecret;
  /** Default: the user's home folder. */
  home?: string;
  /** Default: the environment of the process; read for SSH_AUTH_SOCK. */
  env?: NodeJS.ProcessEnv;
}

/** One way to log in, and its name for messages. It holds a secret: never log it. */
export interface LoginMethod {
  /** The server's name for it. */
  wants: AuthenticationType;
  /** For example `key /home/u/.ssh/id_ed25519`. */
  title: string;
  auth: AnyAuthMethod;
}

export const expandHome = (path: string, home: string): string =>
  /^~(?=\/|$)/.test(path) ? home + path.slice(1) : path;

async function keyMethod(to: Connection, keyFile: string, sources: CredentialSources): Promise<LoginMethod> {
  const path = expandHome(keyFile, sources.home ?? homedir());
  let text: Buffer;
  try {
    text = await readFile(path);
  } catch (cause) {
    throw sshError('credential', to, `The key file ${path} of ${to.name} can't be read: ${(cause as Error).message}.`, {
      blame: 'configuration',
      hint: "Correct the host's ssh key in the cluster file, or put the private key there. It is read on the machine of the worker.",
      final: false,
      cause,
    });
  }
  const passphrase = to.passphrase && (await sources.resolveSecret(to.passphrase));
  const parsed = ssh2.utils.parseKey(text, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || !key?.isPrivateKey()) {
    const why = key instanceof Error ? key.message : 'it holds no private key';
    throw sshError('credential', to, `The key file ${path} of ${to.name} can't be used: ${why}.`, {
      blame: 'configuration',
      hint: /encrypted|passphrase/i.test(why)
        ? 'Give its passphrase as a reference in the cluster file (env, file or secret), or load the key into an agent: ssh-add'
        : 'Name a private key in OpenSSH or PEM format. Keys on FIDO tokens work through an agent only.',
      final: false,
    });
  }
  return {
    wants: 'publickey',
    title: `key ${path} (${key.type})`,
    auth: { type: 'publickey', username: to.user, key: text, ...(passphrase === undefined ? {} : { passphrase }) },
  };
}

/** Every way that the connection allows, in the order in which they are tried. Throws KHA3012 when there is none. */
export async function loginMethods(to: Connection, sources: CredentialSources): Promise<LoginMethod[]> {
  const { user: username } = to;
  const methods: LoginMethod[] = [];
  if (to.keyFile !== undefined) methods.push(await keyMethod(to, to.keyFile, sources));
  const agent = to.agent ? (sources.env ?? process.env)['SSH_AUTH_SOCK'] : undefined;
  if (agent) methods.push({ wants: 'publickey', title: `agent ${agent}`, auth: { type: 'agent', username, agent } });
  if (to.password !== undefined) {
    const password = await sources.resolveSecret(to.password);
    methods.push({ wants: 'password', title: 'password', auth: { type: 'password', username, password } });
    methods.push({
      wants: 'keyboard-interactive',
      title: 'password (keyboard-interactive)',
      auth: {
        type: 'keyboard-interactive',
        username,
        // Only hidden prompts get the password: an echoed one asks for something else.
        prompt: (_name, _instructions, _lang, prompts, finish) =>
          finish(prompts.map((prompt) => (prompt.echo ? '' : password))),
      },
    });
  }
  if (methods.length > 0) return methods;
  throw sshError(
    'credential',
    to,
    to.agent
      ? `${to.name} is to be reached with the keys of an agent, but SSH_AUTH_SOCK is not set.`
      : `There is no credential for ${username}@${to.name}.`,
    {
      blame: 'configuration',
      hint: to.agent
        ? 'Start an agent (eval "$(ssh-agent)"; ssh-add) before kha, or give a key file in the cluster file.'
        : 'Give a key file, `agent: true`, or a password reference in the cluster file.',
      final: false,
    },
  );
}
