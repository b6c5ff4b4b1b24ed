import ipaddr from 'ipaddr.js';

/** A network, or one address as a network of its own. */
export interface Cidr {
  family: 4 | 6;
  /** Network address, masked. */
  bytes: number[];
  prefix: number;
}

/** Strict: four decimal parts or an IPv6 address, and a prefix. Undefined where it is not one. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  const address = parseAddress(match[1]);
  const prefix = Number(match[2]);
  if (!address || prefix > address.prefix) return undefined;
  return { family: address.family, bytes: mask(address.bytes, prefix), prefix };
}

/** An address as a network of full length. */
export function parseAddress(text: string): Cidr | undefined {
  const four = ipaddr.IPv4.isValidFourPartDecimal(text);
  if (!four && !(text.includes(':') && ipaddr.IPv6.isValid(text))) return undefined;
  const bytes = ipaddr.parse(text).toByteArray();
  return { family: four ? 4 : 6, bytes, prefix: bytes.length * 8 };
}

/** True where the two share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family) return false;
  const prefix = Math.min(a.prefix, b.prefix);
  const left = mask(a.bytes, prefix);
  const right = mask(b.bytes, prefix);
  return left.every((byte, i) => byte === right[i]);
}

/** The nth address of a network (0 is the network's own), undefined where it has fewer. */
export function nthAddress(network: Cidr, n: number): string | undefined {
  const hostBits = network.bytes.length * 8 - network.prefix;
  if (n < 0 || (hostBits < 31 && n >= 2 ** hostBits)) return undefined;
  const bytes = [...network.bytes];
  let carry = n;
  for (let i = bytes.length - 1; i >= 0 && carry > 0; i--) {
    const sum = (bytes[i] ?? 0) + carry;
    bytes[i] = sum % 256;
    carry = Math.floor(sum / 256);
  }
  return ipaddr.fromByteArray(bytes).toString();
}

/** `10.244.0.0/16`, with the network's address. */
export const formatCidr = (c: Cidr): string => `${ipaddr.fromByteArray(c.bytes).toString()}/${c.prefix}`;

function mask(bytes: number[], prefix: number): number[] {
  return bytes.map((byte, i) => {
    const bits = Math.min(8, Math.max(0, prefix - i * 8));
    return byte & (0xff << (8 - bits)) & 0xff;
  });
}
