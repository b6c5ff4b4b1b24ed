import { type ServingRequest, SERVING_SIGNER } from '../cluster/serving-request.ts';
import { sh } from '../formats/sh.ts';
import type { CertificateAuthority } from '../ports/certificate-authority.ts';
import { kubectl } from './kubectl.ts';
import type { Reader } from './session.ts';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** What is read of a CertificateSigningRequest; the rest goes back as it came. */
export interface RequestObject {
  metadata: { name: string; resourceVersion: string; creationTimestamp: string };
  spec: { request: string; signerName: string; usages: string[]; username?: string; groups?: string[] };
  status?: { conditions?: Condition[]; certificate?: string };
}

export interface ListedRequest extends ServingRequest {
  object: RequestObject;
}

export interface Listed {
  requests: ListedRequest[];
  /** ms since the epoch, by the clock of the host that was asked: that of the requests. */
  now: number;
}

/** The requests that the cluster knows of, or why it does not tell. */
export async function listServingRequests(authority: CertificateAuthority, master: Reader): Promise<Listed | string> {
  const all = kubectl(
    sh`get certificatesigningrequests.v1.certificates.k8s.io --field-selector ${`spec.signerName=${SERVING_SIGNER}`} -o json`,
  );
  const { exitCode, stdout, stderr } = await master.look('requests of kubelets', sh`date +%s && ${all}`, {
    maxBytes: 64 << 20,
  });
  if (exitCode !== 0) return stderr.trim().split('\n').at(-1) ?? `exit code ${exitCode}`;
  const end = stdout.indexOf('\n');
  const { items } = JSON.parse(stdout.slice(end)) as { items: RequestObject[] };
  return { now: Number(stdout.slice(0, end)) * 1_000, requests: items.map((object) => requestOf(authority, object)) };
}

function requestOf(authority: CertificateAuthority, object: RequestObject): ListedRequest {
  const { metadata, spec, status = {} } = object;
  const has = (...types: string[]): boolean => status.conditions?.some(({ type }) => types.includes(type)) ?? false;
  return {
    name: metadata.name,
    createdAt: Date.parse(metadata.creationTimestamp),
    signerName: spec.signerName,
    username: spec.username ?? '',
    groups: spec.groups ?? [],
    usages: spec.usages,
    ...read(authority, spec.request),
    state: has('Denied', 'Failed') ? 'over' : has('Approved') ? 'approved' : 'pending',
    object,
  };
}

function read(authority: CertificateAuthority, request: string): Pick<ServingRequest, 'asks'> {
  try {
    return { asks: authority.inspectRequest(Buffer.from(request, 'base64').toString('utf8')) };
  } catch {
    return {};
  }
}
