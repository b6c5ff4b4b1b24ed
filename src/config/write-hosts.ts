import { isDeepStrictEqual } from 'node:util';
import type { Host } from '../cluster/cluster.ts';
import type { Connection } from '../cluster/connection.ts';

type Fields = Record<string, unknown>;

/** Settings of a connection that bastions inherit as well. */
const INHERITED = new Set(['user', 'keyFile', 'passphrase', 'agent']);
/** Settings that every connection has, so that a host can say otherwise. */
const ALWAYS_THERE = new Set(['user', 'port']);

/** `ssh` with what the hosts share, and `hosts` with the rest. */
export function writeHosts(hosts: Host[]): { hosts: Record<string, unknown>; ssh?: Fields } {
  const agentIsStandard = hosts.every(({ connection: c }) => c.agent === (c.keyFile === undefined && !c.password));
  const own = hosts.map((host) => fieldsOf(host.connection, agentIsStandard));
  const bastions = hosts.flatMap((host) => host.connection.jump.map((jump) => fieldsOf(jump, false)));
  const shared: Fields = {};
  for (const key of new Set(own.flatMap(Object.keys))) {
    const value = ALWAYS_THERE.has(key) ? mostOften(own.map((fields) => fields[key])) : own[0]?.[key];
    const fits = ALWAYS_THERE.has(key) || own.every((fields) => isDeepStrictEqual(fields[key], value));
    const bastionsToo = !INHERITED.has(key) || bastions.every((fields) => isDeepStrictEqual(fields[key], value));
    if (fits && bastionsToo) shared[key] = value;
  }
  const ssh = withoutStandard(shared);
  const rest = own.map((fields) =>
    Object.fromEntries(
      Object.entries(fields).filter(([key, value]) =>
        Object.hasOwn(shared, key) ? !isDeepStrictEqual(shared[key], value) : !isStandard(key, value),
      ),
    ),
  );
  return {
    hosts: Object.fromEntries(hosts.map((host, i) => [host.name, writeHost(host, rest[i] ?? {})])),
    ...(Object.keys(ssh).length > 0 && { ssh }),
  };
}

function writeHost(host: Host, ssh: Fields): unknown {
  if (host.connection.address !== host.address) ssh.address = host.connection.address;
  if (host.connection.hostKeys.length > 0) ssh.hostKeys = host.connection.hostKeys;
  return Object.keys(ssh).length === 0 ? host.address : { address: host.address, ssh };
}

/** What a host must say of its connection, where the file would give it another one by itself; undefined: nothing. */
export function ownSettings(wanted: Connection, given: Connection): Fields | undefined {
  const usual = fieldsOf(given, false);
  const own = Object.entries(fieldsOf(wanted, false)).filter(([key, value]) => !isDeepStrictEqual(usual[key], value));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** The settings of a connection that may be written, absent ones left out. */
function fieldsOf(connection: Connection, agentIsStandard: boolean): Fields {
  const { user, port, keyFile, passphrase, agent, password, sudo, jump } = connection;
  const fields: Fields = { user, port, keyFile, passphrase, password, agent: agentIsStandard ? undefined : agent };
  if (sudo.password) fields.sudo = sudo;
  if (jump.length > 0)
    fields.jump = jump.map(({ name: _name, sudo: _sudo, jump: _jump, hostKeys, ...bastion }) => ({
      ...bastion,
      ...(hostKeys.length > 0 && { hostKeys }),
    }));
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const isStandard = (key: string, value: unknown): boolean =>
  (key === 'port' && value === 22) || (key === 'user' && value === 'root');

const withoutStandard = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key, value]) => !isStandard(key, value)));

function mostOften(values: unknown[]): unknown {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [values[0], 0])[0];
}
