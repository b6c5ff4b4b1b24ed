import { describe, expect, it } from 'vitest';
import { readSigningRequest } from '../../../src/adapters/forge/signing-request.ts';
import {
  judgeServingRequest,
  refusal,
  type ServingRequest,
  triageServingRequests,
} from '../../../src/cluster/serving-request.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { hasOpenssl, signingRequest, type Wanted } from '../../fakes/signing-request.ts';

const declared = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, e1: 10.0.0.3, w1: 10.0.0.4, w2: 10.0.0.5}, masters: [m1], workers: [w1, w2], etcd: {hosts: [e1]}}',
);
const hosts = declared.hosts.map((host) => (host.name === 'w2' ? { ...host, address: 'fd00::5' } : host));
const cluster = { ...declared, hosts };
const NOW = Date.parse('2026-06-01T12:00:00Z');
const MINUTE = 60_000;

const made = new Map<string, ServingRequest['asks']>();
/** Of w1, where nothing else is said. Keys take their time: each request is made once. */
function request(wanted: Wanted = {}, more: Partial<ServingRequest> = {}): ServingRequest {
  const key = JSON.stringify(wanted);
  if (!made.has(key)) made.set(key, readSigningRequest(signingRequest(wanted)));
  return {
    name: 'csr-a',
    createdAt: NOW - MINUTE,
    signerName: 'kubernetes.io/kubelet-serving',
    username: 'system:node:w1',
    groups: ['system:nodes', 'system:authenticated'],
    usages: ['digital signature', 'server auth'],
    ...(made.get(key) ? { asks: made.get(key) } : {}),
    state: 'pending',
    ...more,
  } as ServingRequest;
}
const reasonsOf = (one: ServingRequest): string[] => {
  const judged = judgeServingRequest(one, cluster);
  return 'host' in judged ? [] : judged.reasons;
};

describe.skipIf(!hasOpenssl)('a request of a kubelet', () => {
  it.each<[string, Wanted, Partial<ServingRequest>]>([
    ['for its name and address', {}, {}],
    ['for its address alone', { names: 'IP:10.0.0.4' }, {}],
    ['of an RSA key', { key: ['rsa:2048'] }, { usages: ['server auth', 'key encipherment', 'digital signature'] }],
    ['with the usages of an older kubelet', {}, { usages: ['digital signature', 'key encipherment', 'server auth'] }],
    [
      'of a host with IPv6, however that is written',
      { subject: '/O=system:nodes/CN=system:node:w2', names: 'DNS:w2,IP:fd00:0:0::5' },
      { username: 'system:node:w2' },
    ],
  ])('is good %s', (_, wanted, more) => {
    expect(reasonsOf(request(wanted, more))).toEqual([]);
  });

  const other = '/O=system:nodes/CN=system:node:m1';
  const recorded = 'recorded of w1 are w1, 10.0.0.4';
  it.each<[string, Wanted, Partial<ServingRequest>, string]>([
    ['another address', { names: 'DNS:w1,IP:10.0.0.4,IP:10.0.0.1' }, {}, `it asks for 10.0.0.1; ${recorded}`],
    [
      'another name',
      { names: 'DNS:w1,DNS:kubernetes.default.svc,IP:10.0.0.4' },
      {},
      `it asks for kubernetes.default.svc; ${recorded}`,
    ],
    ['a wildcard', { names: 'DNS:*,IP:10.0.0.4' }, {}, `it asks for *; ${recorded}`],
    [
      'its own address as IPv6 of another kind',
      { names: 'IP:::ffff:10.0.0.4' },
      {},
      `it asks for ::ffff:a00:4; ${recorded}`,
    ],
    ['no name', { names: '' }, {}, 'it asks for no name and no address'],
    ['an e-mail address', { names: 'DNS:w1,email:a@b.c' }, {}, 'it asks for the e-mail address a@b.c'],
    ['a URI', { names: 'DNS:w1,URI:spiffe://x' }, {}, 'it asks for the URI spiffe://x'],
    ['to be an authority', { extensions: ['basicConstraints=CA:TRUE'] }, {}, 'it asks for the extension 2.5.29.19'],
    ['a weak key', { key: ['rsa:1024'] }, {}, 'its key is too weak (RSA 1024)'],
    [
      'client auth',
      {},
      { usages: ['digital signature', 'client auth'] },
      'it is to be used for digital signature, client auth',
    ],
    [
      'client auth as well',
      {},
      { usages: ['digital signature', 'server auth', 'client auth'] },
      'it is to be used for digital signature, server auth, client auth',
    ],
    ['less than a server needs', {}, { usages: ['server auth'] }, 'it is to be used for server auth'],
    [
      "another node's name",
      { subject: other },
      {},
      'it is for system:node:m1, system:nodes, and was made by system:node:w1',
    ],
    [
      'another group',
      { subject: '/O=system:masters/CN=system:node:w1' },
      {},
      'it is for system:node:w1, system:masters, and was made by system:node:w1',
    ],
    [
      'one more group',
      { subject: '/O=system:nodes/O=system:masters/CN=system:node:w1' },
      {},
      'it is for system:node:w1, system:nodes, system:masters, and was made by system:node:w1',
    ],
    [
      'by a person',
      {},
      { username: 'kubernetes-admin', groups: ['kubeadm:cluster-admins'] },
      'kubernetes-admin is no node',
    ],
    [
      'by who has the name of a node and not its group',
      {},
      { groups: ['system:authenticated'] },
      'system:node:w1 is no node',
    ],
    ['by a node that is not recorded', {}, { username: 'system:node:w9' }, 'no node w9 is recorded'],
    ['by a host that is no node', {}, { username: 'system:node:e1' }, 'no node e1 is recorded'],
    [
      'another signer',
      {},
      { signerName: 'kubernetes.io/kube-apiserver-client' },
      'it is for the signer kubernetes.io/kube-apiserver-client',
    ],
  ])('is refused that asks for %s', (_, wanted, more, reason) => {
    expect(reasonsOf(request(wanted, more))).toEqual([reason]);
  });

  it('is refused where it can not be read, or is signed by another key', () => {
    const { asks: _, ...unread } = request();
    expect(reasonsOf(unread)).toEqual(["it can't be read, or is none of a kubelet"]);
    const { asks } = request();
    if (!asks) throw new Error('no request');
    expect(reasonsOf(request({}, { asks: { ...asks, isSigned: false } }))).toEqual(['its signature is not of its key']);
  });

  it('tells all that is wrong, without what a terminal would take for its own', () => {
    const refused = request({ names: 'DNS:w1,IP:10.0.0.1,email:a@b.c' }, { usages: ['client auth'], name: 'csr-x' });
    expect(refusal({ request: refused, reasons: reasonsOf(refused), more: 2 })).toBe(
      `request csr-x of system:node:w1 (and 2 alike) is not approved: it is to be used for client auth; it asks for the e-mail address a@b.c; it asks for 10.0.0.1; ${recorded}`,
    );
    const evil = request({}, { username: '\u001b[2Jroot\n', groups: [] });
    expect(reasonsOf(evil)).toEqual(['?[2Jroot? is no node']);
  });
});

describe.skipIf(!hasOpenssl)('requests of kubelets', () => {
  const at = (name: string, minutes: number, more: Partial<ServingRequest> = {}): ServingRequest =>
    request({}, { name, createdAt: NOW - minutes * MINUTE, ...more });
  const ofM1 = { subject: '/O=system:nodes/CN=system:node:m1', names: 'IP:10.0.0.1' };
  const triage = (requests: ServingRequest[], targets = cluster.hosts) => {
    const { good, anew, refused } = triageServingRequests(requests, { cluster, targets, now: NOW });
    return {
      good: good.map(({ request: { name } }) => name),
      anew: anew.map(({ name }) => name),
      refused: refused.map(({ request: { name }, more }) => `${name} ${more}`),
    };
  };

  it('count where kubelet waits for them: the last one of each node, for a quarter of an hour', () => {
    const m1 = request(ofM1, { name: 'm', username: 'system:node:m1' });
    expect(triage([at('a', 31), at('b', 16), at('c', 1), m1])).toEqual({ good: ['m', 'c'], anew: [], refused: [] });
    expect(triage([at('a', 15.5)])).toEqual({ good: [], anew: ['w1'], refused: [] });
    expect(triage([at('a', 17)])).toEqual({ good: [], anew: [], refused: [] });
  });

  it('are settled by a later one that was approved, and by no earlier one', () => {
    const approved = { state: 'approved' } as const;
    expect(triage([at('a', 5), at('b', 2, approved)]).good).toEqual([]);
    expect(triage([at('a', 1), at('b', 2, approved)]).good).toEqual(['a']);
    expect(triage([at('a', 1, { state: 'over' })])).toEqual({ good: [], anew: [], refused: [] });
  });

  it('are told once where they are alike, and never stand before a good one', () => {
    const forged = (name: string, minutes: number): ServingRequest =>
      request({ names: 'IP:10.0.0.1' }, { name, createdAt: NOW - minutes * MINUTE });
    expect(triage([forged('x', 3), at('a', 2), forged('y', 1)])).toEqual({
      good: ['a'],
      anew: [],
      refused: ['y 1'],
    });
  });

  it('of other hosts than those that it is about stay as they are; of nobody who is recorded are told', () => {
    const m1 = cluster.hosts.filter(({ name }) => name === 'm1');
    const stranger = at('z', 1, { username: 'system:node:w9' });
    const forged = request({ names: 'IP:10.0.0.1' }, { name: 'x' });
    expect(triage([at('a', 1), stranger, forged], m1)).toEqual({ good: [], anew: [], refused: ['z 0'] });
  });
});
