import { describe, expect, it } from 'vitest';
import type { CertificateFacts } from '../../../src/cluster/certificate.ts';
import { type Expected, judge } from '../../../src/cluster/judge-certificate.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-01T00:00:00Z');
const expected: Expected = {
  request: {
    commonName: 'kube-apiserver',
    organizations: ['a', 'b'],
    dnsNames: ['localhost', 'm1'],
    ipAddresses: ['10.0.0.1', 'fd00::1', '10.0.0.2'],
    usages: ['server'],
    days: 100,
  },
  optionalNames: ['10.0.0.2'],
  server: 'https://10.0.0.1:6443',
};
const facts: CertificateFacts = {
  commonName: 'kube-apiserver',
  organizations: ['b', 'a'],
  issuer: 'kubernetes',
  fingerprint: 'a1',
  dnsNames: ['M1', 'localhost'],
  ipAddresses: ['10.0.0.1', 'fd00:0::0:1'],
  usages: ['server', 'client'],
  notBefore: NOW - 50 * DAY,
  notAfter: NOW + 50 * DAY,
  isCa: false,
};
const existing = { facts, trusted: true, server: 'https://10.0.0.1:6443' };

describe('judging a certificate', () => {
  it('keeps what is good, however it is spelled and whatever names it has besides', () => {
    expect(judge(expected, existing, NOW)).toBe('keep');
    const more = { ...facts, dnsNames: [...facts.dnsNames, 'another'] };
    expect(judge(expected, { ...existing, facts: more }, NOW)).toBe('keep');
  });

  it('renews what is missing', () => {
    expect(judge(expected, undefined, NOW)).toEqual({ renew: 'it is missing' });
  });

  it.each<[string, Partial<CertificateFacts>, string]>([
    ['a root', { isCa: true }, 'it is a certificate authority'],
    ['another name', { commonName: 'x' }, 'it is for x, not for kube-apiserver'],
    ['another group', { organizations: ['a'] }, 'it is for a, not for a, b'],
    ['no group', { organizations: [] }, 'it is for no organization, not for a, b'],
    ['a wrong usage', { usages: ['client'] }, "it can't be used as server"],
    ['missing names', { dnsNames: ['m1'], ipAddresses: ['10.0.0.1'] }, 'it lacks localhost, fd00::1'],
    ['its end', { notAfter: NOW }, 'it expired on 2026-06-01'],
    ['a future', { notBefore: NOW + 1 }, 'it is not valid before 2026-06-01T00:00:00.001Z'],
  ])('renews one with %s', (_, change, renew) => {
    expect(judge(expected, { ...existing, facts: { ...facts, ...change } }, NOW)).toEqual({ renew });
  });

  it('renews one of another root, and a kubeconfig of another server', () => {
    expect(judge(expected, { ...existing, trusted: false }, NOW)).toEqual({
      renew: "it is not signed by the cluster's authority, or its key is another",
    });
    expect(judge(expected, { ...existing, server: 'https://old:6443' }, NOW)).toEqual({
      renew: 'it points to https://old:6443, not to https://10.0.0.1:6443',
    });
  });

  it('renews in the last part of a life, at the very percent', () => {
    const at = (daysLeft: number) => judge(expected, existing, facts.notAfter - daysLeft * DAY, { belowPercent: 20 });
    expect(at(20)).toBe('keep');
    expect(at(19.99)).toEqual({ renew: 'it expires on 2026-07-21' });
    expect(judge(expected, existing, facts.notAfter - 10 * DAY)).toBe('keep');
    expect(judge(expected, existing, facts.notAfter - 9.9 * DAY)).toEqual({ renew: 'it expires on 2026-07-21' });
  });

  it('renews what ends within a time, unless a new one would hardly last longer', () => {
    const within = (days: number, rootDays = 1000) =>
      judge(expected, existing, NOW, { withinMs: days * DAY, rootEnds: NOW + rootDays * DAY });
    expect(within(50)).toBe('keep');
    expect(within(50.1)).toEqual({ renew: 'it expires on 2026-07-21' });
    expect(within(50.1, 55)).toBe('keep');
    expect(within(50.1, 56)).toEqual({ renew: 'it expires on 2026-07-21' });
    const fresh = { ...existing, facts: { ...facts, notBefore: NOW, notAfter: NOW + 100 * DAY } };
    expect(judge(expected, fresh, NOW + 9 * DAY, { withinMs: 1000 * DAY, rootEnds: Infinity })).toBe('keep');
    expect(judge(expected, fresh, NOW + 11 * DAY, { withinMs: 1000 * DAY, rootEnds: Infinity })).not.toBe('keep');
    expect(judge(expected, existing, facts.notAfter, { withinMs: 0, rootEnds: 0 })).toEqual({
      renew: 'it expired on 2026-07-21',
    });
  });
});
