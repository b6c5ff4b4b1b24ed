import { isIP } from 'node:net';
import type { Host } from '../cluster/cluster.ts';
import type { Connection, SecretRef } from '../cluster/connection.ts';
import type { Issue } from '../cluster/issue.ts';
import type { ClusterFile } from './schema/cluster.ts';

/** What an entry of ~/.ssh/config says, fully resolved; what the user has not written is absent. */
export interface SshConfigEntry {
  /** HostName. */
  address?: string;
  user?: string;
  port?: number;
  /** IdentityFile, the first. */
  keyFile?: string;
  /** ProxyJump, each as `[user@]host[:port]`. */
  jump?: string[];
}

type HostInFile = Exclude<ClusterFile['hosts'][string], string>;
type Ssh = NonNullable<HostInFile['ssh']>;
type Jump = NonNullable<Ssh['jump']>;

/** Hosts in the order of the file. Undefined where one has no address. */
export function normaliseHosts(
  file: ClusterFile,
  sshConfig: ReadonlyMap<string, SshConfigEntry>,
): { hosts: Host[] | undefined; issues: Issue[] } {
  const issues: Issue[] = [];
  const hosts = Object.entries(file.hosts).flatMap(([name, value]): Host[] => {
    const host: HostInFile = typeof value === 'string' ? { address: value } : value;
    const alias = host.ssh?.config;
    const entry = alias === undefined ? {} : sshConfig.get(alias);
    if (!entry) {
      issues.push({
        path: ['hosts', name, 'ssh', 'config'],
        message: `~/.ssh/config has no entry ${alias}.`,
        hint: 'Give the address here, or add the entry.',
        severity: 'error',
      });
      return [];
    }
    const address = host.address ?? entry.address;
    if (address === undefined || isIP(address) === 0) {
      issues.push({
        path: ['hosts', name],
        message: address
          ? `Host ${name} has the name ${address} in ~/.ssh/config, where kha needs an IP address.`
          : `Host ${name} has no address.`,
        hint: `Write its IP address: ${name}: {address: 10.0.0.11}.`,
        severity: 'error',
      });
      return [];
    }
    const nodeName = file.nodeNames === 'hostname' ? name : address;
    return [{ name, address, nodeName, connection: connectionOf(name, address, file.ssh, host.ssh ?? {}, entry) }];
  });
  return { hosts: hosts.length === Object.keys(file.hosts).length ? hosts : undefined, issues };
}

function connectionOf(
  name: string,
  address: string,
  defaults: ClusterFile['ssh'],
  own: Ssh,
  entry: SshConfigEntry,
): Connection {
  const keyFile = own.keyFile ?? entry.keyFile ?? defaults.keyFile;
  const password = own.password ?? defaults.password;
  const passphrase = own.passphrase ?? defaults.passphrase;
  const sudoPassword = (own.sudo ?? defaults.sudo)?.password;
  return {
    name,
    address: own.address ?? entry.address ?? address,
    port: own.port ?? entry.port ?? defaults.port ?? 22,
    user: own.user ?? entry.user ?? defaults.user ?? 'root',
    ...(keyFile !== undefined && { keyFile }),
    ...(passphrase && { passphrase: passphrase as SecretRef }),
    agent: own.agent ?? defaults.agent ?? (keyFile === undefined && password === undefined),
    ...(password && { password: password as SecretRef }),
    sudo: sudoPassword ? { password: sudoPassword as SecretRef } : {},
    hostKeys: own.hostKeys ?? [],
    jump: bastions(own.jump ?? entry.jump ?? defaults.jump ?? [], defaults),
  };
}

function bastions(jump: Jump, defaults: ClusterFile['ssh']): Connection[] {
  return (Array.isArray(jump) ? jump : [jump]).map((one) => {
    const bastion = typeof one === 'string' ? parseBastion(one) : one;
    const keyFile = bastion.keyFile ?? defaults.keyFile;
    const passphrase = bastion.passphrase ?? (bastion.keyFile ? undefined : defaults.passphrase);
    return {
      name: bastion.address,
      address: bastion.address,
      port: bastion.port ?? 22,
      user: bastion.user ?? defaults.user ?? 'root',
      ...(keyFile !== undefined && { keyFile }),
      ...(passphrase && { passphrase: passphrase as SecretRef }),
      agent: bastion.agent ?? defaults.agent ?? (keyFile === undefined && bastion.password === undefined),
      ...(bastion.password && { password: bastion.password as SecretRef }),
      sudo: {},
      hostKeys: bastion.hostKeys ?? [],
      jump: [],
    };
  });
}

function parseBastion(text: string): Exclude<Exclude<Jump, unknown[]>, string> {
  const match = /^(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  const address = match?.[2] ?? match?.[3] ?? text;
  return {
    address,
    ...(match?.[1] !== undefined && { user: match[1] }),
    ...(match?.[4] !== undefined && { port: Number(match[4]) }),
  };
}
