import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCidr, nthAddress, overlaps, parseAddress, parseCidr } from '../../../src/cluster/cidr.ts';

/** Networks of 8 bits at the end of an address, small enough to list every address of them. */
const small = fc
  .tuple(fc.nat(255), fc.integer({ min: 24, max: 32 }))
  .map(([last, prefix]) => `10.0.0.${last}/${prefix}`);

/** Every address of a small network, by counting. */
function addressesOf(text: string): Set<string> {
  const [, last, prefix] = /^10\.0\.0\.(\d+)\/(\d+)$/.exec(text) ?? [];
  const size = 2 ** (32 - Number(prefix));
  const first = Number(last) - (Number(last) % size);
  return new Set(Array.from({ length: size }, (_, i) => `10.0.0.${first + i}`));
}

const cidr = (text: string) => parseCidr(text) ?? expect.unreachable(text);

describe('networks', () => {
  test('overlap is what listing all addresses says', () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        const others = addressesOf(b);
        const shared = [...addressesOf(a)].some((address) => others.has(address));
        expect(overlaps(cidr(a), cidr(b))).toBe(shared);
        expect(overlaps(cidr(b), cidr(a))).toBe(shared);
      }),
    );
  });

  test('the nth address is the nth of the list, and there are no more', () => {
    fc.assert(
      fc.property(small, fc.nat(300), (text, n) => {
        expect(nthAddress(cidr(text), n)).toBe([...addressesOf(text)][n]);
      }),
    );
  });

  test('any address of any family is in its own network', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(32), (address, prefix) => {
        const one = parseAddress(address);
        const network = parseCidr(`${address}/${prefix}`);
        expect(one && network && overlaps(one, network)).toBe(true);
        expect(network && parseCidr(formatCidr(network))).toEqual(network);
      }),
    );
  });

  test('no text crashes it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f.:/]{0,20}$/)), (text) => {
        parseCidr(text);
        parseAddress(text);
      }),
    );
  });

  test.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '10.0.0.256/8', '::/129', '10.0.0.0/', '010.0.0.0/8', 'a/8'])(
    '%s is no network',
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  test('families do not overlap', () => {
    expect(overlaps(cidr('0.0.0.0/0'), cidr('::/0'))).toBe(false);
  });
});
