import { isIP } from 'node:net';
import { z } from 'zod';
import { parseCidr } from '../cluster/cidr.ts';

/** The kinds of values that a cluster file has, each with a message that says what it must look like. */

const text = (message: string, ok: (value: string) => boolean) =>
  z.string({ error: message }).refine(ok, { error: message });

/** RFC 1123 label: host and cluster names become file names, DNS labels and Kubernetes names. */
const isLabel = (value: string): boolean => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value);
/** RFC 1123 subdomain, as Kubernetes demands of Node names. */
export const isSubdomain = (value: string): boolean =>
  value.length <= 253 && value.split('.').every((part) => isLabel(part));
const isPattern = (value: string): boolean => isSubdomain(value.replace(/^\*\./, ''));

const isUrl = (value: string): boolean => {
  if (!/^https?:\/\/[^\s/]/.test(value) || !URL.canParse(value)) return false;
  return new URL(value).hostname !== '';
};

export const clusterName = text(
  'must be a DNS label: lower-case letters, digits and dashes, at most 63, starting and ending with a letter or digit',
  isLabel,
);
export const subdomain = text(
  'must be a DNS name (RFC 1123): labels of lower-case letters, digits and dashes, separated by dots',
  isSubdomain,
);
export const ipAddress = text('must be an IP address, for example 10.0.0.11', (v) => isIP(v) !== 0);
export const cidr = text(
  'must be a network in CIDR notation, for example 10.244.0.0/16',
  (v) => parseCidr(v) !== undefined,
);
export const sanName = text(
  'must be an IP address or a DNS name, for example api.example.com',
  (v) => isIP(v) !== 0 || isPattern(v),
);
export const httpUrl = text('must be a URL that starts with http:// or https://', isUrl).refine(
  (v) => !/^https?:\/\/[^/]*@/.test(v),
  { error: 'must not carry a user or password: the file is recorded and shown' },
);
/** A release of the kernel, or the word for the newest. Starts with a digit, so that it is no option of a package manager. */
export const kernelVersion = text(
  'must be newest, or a kernel as uname -r has it, for example 6.1.0-56',
  (v) => v === 'newest' || /^\d[A-Za-z0-9.+_~-]*$/.test(v),
);
/** Of a package file: it ends with the file's name, of which its kind and architecture are read. */
export const packageUrl = text(
  'must be a URL that starts with http://, https:// or file:/// and ends with the name of a package file, .deb or .rpm',
  (v) =>
    (isUrl(v) || /^file:\/\/\/[^?#]+$/.test(v)) &&
    !/[\s?#]|\/\.\.\//.test(v) &&
    /\/[A-Za-z0-9][^/]*\.(deb|rpm)$/.test(v),
).refine((v) => !/^https?:\/\/[^/]*@/.test(v), {
  error: 'must not carry a user or password: the file is recorded and shown',
});
export const absolutePath = text(
  'must be an absolute path without "..", for example /var/lib/etcd',
  (v) => /^\/[^\0\n]*$/.test(v) && !v.split('/').includes('..'),
);
export const keyPath = text("must be a path on kha's machine, absolute or starting with ~/", (v) =>
  /^(\/|~\/)[^\0\n]+$/.test(v),
);
export const userName = text('must be a user name, for example root', (v) =>
  /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/.test(v),
);
export const nonEmpty = text('must not be empty', (v) => v.trim() !== '' && !/[\0\n]/.test(v));
export const image = text(
  'must be a container image with a tag or digest, for example registry.k8s.io/pause:3.10.2',
  (v) => /^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/.test(v) && /[:@][^/]*$/.test(v),
);
export const imageRepository = text(
  'must be a registry and path without a tag or scheme, for example registry.example.com/k8s',
  (v) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(v),
);
export const registryName = text(
  'must be a registry as it stands in image names, for example docker.io or registry.example.com:5000',
  (v) => /^(\*|_default|[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?)$/.test(v),
);
/** apimachinery's resource.Quantity, without sign. */
const isQuantity = (value: string): boolean =>
  /^(\d+(\.\d*)?|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?\d+)?$/.test(value);
export const quantity = z.preprocess(
  (v) => (typeof v === 'number' ? String(v) : v),
  text('must be a resource quantity, for example 100m, 256Mi or 1Gi', isQuantity),
);
export const evictionThreshold = text(
  'must be a resource quantity or a percentage, for example 100Mi or 10%',
  (v) => isQuantity(v) || /^(100|\d{1,2})(\.\d+)?%$/.test(v),
);
/** Go's time.ParseDuration, positive. */
export const duration = text(
  'must be a duration with units, for example 40s, 5m or 1h30m',
  (v) => /^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(v) && /[1-9]/.test(v),
);
export const port = integer(1, 65535, 'a port');
export const portRange = text(
  'must be a range of ports, for example 30000-32767',
  (v) => parsePortRange(v) !== undefined,
);

function parsePortRange(value: string): { from: number; to: number } | undefined {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(value);
  if (!match) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2]);
  return from >= 1 && to <= 65535 && from <= to ? { from, to } : undefined;
}

/** Fractions too: certificates that last minutes are for tests. */
const DAYS = 'must be a number of days from 0.001 to 36500';
export const numberOfDays = z.number({ error: DAYS }).min(0.001, { error: DAYS }).max(36500, { error: DAYS });

/** A whole number within bounds; `what` completes "must be …". */
export function integer(min: number, max: number, what = 'a whole number') {
  const message = `must be ${what} from ${min} to ${max}`;
  return z.int({ error: message }).min(min, { error: message }).max(max, { error: message });
}

/** `true` or `false`; YAML 1.2 reads yes and no as texts. */
export const flag = z.boolean({ error: 'must be true or false' });

/** One of the words; the message lists them. */
export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `must be one of: ${values.join(', ')}` });
}

/** Maps whose values YAML may have read as numbers or flags, where a text is meant. */
export const looseText = z.preprocess(
  (v) => (typeof v === 'number' || typeof v === 'boolean' ? String(v) : v),
  z.string({ error: 'must be a text' }),
);
