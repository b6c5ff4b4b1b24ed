import type { CertificateFacts, CertificateRequest, KeyPair, SigningRequestFacts } from '../cluster/certificate.ts';

export type { CertificateFacts, CertificateRequest, KeyPair } from '../cluster/certificate.ts';

/** Of RSA keys, in bits; 2048 where it is not given. */
export type KeySize = 2048 | 3072 | 4096;

/**
 * Makes and judges X.509 certificates. RSA with sha256; keys in PKCS#1 PEM, as kubeadm writes them. Where a root is asked for, a text with
 * several certificates will do: the first one counts.
 * Certificates begin five minutes ago, so that a host whose clock is a little behind takes them.
 * Text that is no certificate or key throws KhaError KHA4201, a name that no certificate can hold KHA4202.
 */
export interface CertificateAuthority {
  /** Roots of one cluster need different common names, or clients confuse them. */
  createRoot(request: { commonName: string; days: number }, keySize?: KeySize): Promise<KeyPair>;
  /**
   * Ends with the root at the latest, however many days are asked for. For a key that is there, where it is an RSA key of at least this
   * size; else for a new one.
   */
  issue(root: KeyPair, request: CertificateRequest, key?: { key?: string; keySize?: KeySize }): Promise<KeyPair>;
  /** The certificate of another root, signed by this one: who trusts this one alone trusts what that one signs. Ends with the first of both. */
  crossSign(root: KeyPair, other: string): string;
  /** Public key PEM of a private key; for service account keys. */
  createKey(keySize?: KeySize): Promise<{ key: string; publicKey: string }>;
  inspect(certificate: string): CertificateFacts;
  /** Of one request in PEM and nothing beside it; its text throws KHA4201 where it is anything else than DER of that. */
  inspectRequest(request: string): SigningRequestFacts;
  /** Is `certificate` signed by `root` and does `key` belong to it? False too where the pair can't be read. */
  verify(root: string, pair: KeyPair): boolean;
  /** Is `certificate` signed by `root`? False too where it can't be read. */
  isSignedBy(root: string, certificate: string): boolean;
  /** `sha256:<hex>` of the subject public key info: kubeadm's discovery-token-ca-cert-hash. */
  publicKeyPin(certificate: string): string;
}
