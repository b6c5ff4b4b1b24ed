import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SshConfigEntry } from '../../config/normalise-hosts.ts';
import { expandHome } from './credentials.ts';
import { computeSshConfig } from './ssh-config-file.ts';

/** Directives of one host: lower-case name → values in order. */
export type Directives = ReadonlyMap<string, readonly string[]>;

export interface SshConfigOptions {
  /** Default: ~/.ssh/config. */
  file?: string;
  home?: string;
  /** The OpenSSH client; default `ssh` on PATH. Where there is none, the file is read by kha itself. */
  program?: string;
}

const maxHops = 8;

const run = promisify(execFile);

function parseDirectives(text: string): Directives {
  const directives = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(' ');
    if (at < 0) continue;
    const name = line.slice(0, at).toLowerCase();
    directives.set(name, [...(directives.get(name) ?? []), line.slice(at + 1).trim()]);
  }
  return directives;
}

/** `ssh -G` evaluates the whole configuration, Include and Match too, and connects to nothing. Undefined: no such program. */
async function askClient(program: string, alias: string, file: string): Promise<Directives | undefined> {
  try {
    const { stdout } = await run(program, ['-G', '-F', file, '--', alias], { timeout: 10_000 });
    return parseDirectives(stdout);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What the user's configuration says, without OpenSSH's defaults. */
async function directivesOf(alias: string, options: SshConfigOptions): Promise<Directives> {
  const program = options.program ?? 'ssh';
  const file = options.file ?? join(options.home ?? homedir(), '.ssh', 'config');
  if (!existsSync(file)) return new Map();
  const [told, defaults] = await Promise.all([askClient(program, alias, file), askClient(program, alias, 'none')]);
  if (!told || !defaults) return computeSshConfig(alias, file, options.home ?? homedir());
  return new Map([...told].filter(([name, values]) => values.join('\n') !== defaults.get(name)?.join('\n')));
}

function expandTokens(text: string, values: Record<string, string>): string {
  return text.replaceAll(/%(.)/g, (all, token: string) => (token === '%' ? '%' : (values[token] ?? all)));
}

/** `[user@]host[:port]`, an `ssh://` before it is allowed. */
function parseHop(text: string): { user?: string; host: string; port?: string } {
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text.trim());
  if (!match?.[2]) return { host: text.trim() };
  const [, user, host, port] = match;
  return { host: host.replace(/^\[|\]$/g, ''), ...(user ? { user } : {}), ...(port ? { port } : {}) };
}

async function jumpsOf(proxyJump: string, options: SshConfigOptions, depth: number): Promise<string[]> {
  if (proxyJump.toLowerCase() === 'none' || depth > maxHops) return [];
  const hops: string[] = [];
  const list = proxyJump.split(',');
  for (const [i, text] of list.entries()) {
    const hop = parseHop(text);
    const entry = await entryOf(hop.host, options, i === 0 ? depth + 1 : maxHops + 1);
    const user = hop.user ?? entry?.user;
    const host = entry?.address ?? hop.host;
    const port = hop.port ?? entry?.port;
    hops.push(
      ...(entry?.jump ?? []),
      `${user ? `${user}@` : ''}${host.includes(':') ? `[${host}]` : host}${port ? `:${port}` : ''}`,
    );
  }
  return hops;
}

async function entryOf(alias: string, options: SshConfigOptions, depth: number): Promise<SshConfigEntry | undefined> {
  const directives = await directivesOf(alias, options);
  const first = (name: string) => directives.get(name)?.[0];
  const address = first('hostname');
  const user = first('user');
  const port = first('port');
  const home = options.home ?? homedir();
  const tokens = { d: home, h: address ?? alias, n: alias, ...(user ? { r: user } : {}) };
  const keys = (directives.get('identityfile') ?? [])
    .filter((key) => key !== 'none')
    .map((key) => expandHome(expandTokens(key.replace(/^"|"$/g, ''), tokens), home));
  const keyFile = keys.find((key) => existsSync(key)) ?? keys[0];
  const jump = await jumpsOf(first('proxyjump') ?? 'none', options, depth);
  const entry: SshConfigEntry = {
    ...(address ? { address: expandTokens(address, { h: alias }) } : {}),
    ...(user ? { user } : {}),
    ...(port ? { port: Number(port) } : {}),
    ...(keyFile ? { keyFile } : {}),
    ...(jump.length > 0 ? { jump } : {}),
  };
  return Object.keys(entry).length > 0 ? entry : undefined;
}

/**
 * What ~/.ssh/config says of an alias, with the OpenSSH client (`ssh -G`) where there is one. Bastions are resolved too, the
 * first is connected to first. Undefined where the file says nothing of it.
 */
export const resolveSshConfig = (alias: string, options: SshConfigOptions = {}): Promise<SshConfigEntry | undefined> =>
  entryOf(alias, options, 0);
