import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareVersions,
  formatVersion,
  type KubernetesVersion,
  kubeletSkew,
  parseVersion,
  upgradeSkew,
} from '../../../src/cluster/version.ts';

const v = (text: string): KubernetesVersion => parseVersion(text) ?? expect.unreachable(text);

describe('versions of Kubernetes', () => {
  test.each(['1.37.2', 'v1.20.15'])('%s is one', (text) => {
    expect(formatVersion(v(text))).toBe(text.replace('v', ''));
  });

  test.each(['1.37', '1.37.2-rc.0', '', '1.37.2.1', 'x1.37.2', '1. 37.2'])('%j is none', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });

  test('order agrees with sorting by parts', () => {
    const version = fc.record({ major: fc.nat(3), minor: fc.nat(40), patch: fc.nat(20) });
    fc.assert(
      fc.property(version, version, (a, b) => {
        const number = (x: KubernetesVersion): number => x.major * 1e6 + x.minor * 1e3 + x.patch;
        expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(number(a) - number(b)));
      }),
    );
  });

  test.each([
    ['1.37.2', '1.37.2', undefined],
    ['1.34.0', '1.37.2', undefined],
    ['1.33.9', '1.37.2', 'kubelet 1.33.9 is 4 minors older than the API server 1.37.2, 3 are allowed'],
    ['1.25.0', '1.27.0', undefined],
    ['1.24.0', '1.27.0', 'kubelet 1.24.0 is 3 minors older than the API server 1.27.0, 2 are allowed'],
    ['1.37.3', '1.37.2', undefined],
    ['1.37.0', '1.36.9', 'kubelet 1.37.0 is newer than the API server 1.36.9'],
  ])('kubelet %s beside API server %s', (kubelet, apiServer, expected) => {
    expect(kubeletSkew(v(kubelet), v(apiServer))).toBe(expected);
  });

  test.each([
    ['1.36.3', '1.37.2', undefined],
    ['1.37.2', '1.37.2', undefined],
    ['1.36.3', '1.36.9', undefined],
    ['1.35.1', '1.37.2', '1.35.1 to 1.37.2 skips 1 minor version(s)'],
    ['1.37.2', '1.37.1', '1.37.1 is older than 1.37.2'],
    ['1.37.2', '1.36.9', '1.36.9 is older than 1.37.2'],
  ])('upgrade from %s to %s', (from, to, expected) => {
    expect(upgradeSkew(v(from), v(to))).toBe(expected);
  });
});
