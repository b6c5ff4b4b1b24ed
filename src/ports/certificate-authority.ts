import type { CertificateFacts, CertificateRequest, KeyPair } from '../cluster/certificate.ts';

export type { CertificateFacts, CertificateRequest, KeyPair } from '../cluster/certificate.ts';

/**
 * Makes and judges X.509 certificates. RSA 2048 with sha256; keys in PKCS#1 PEM, as kubeadm writes them.
 * Certificates begin five minutes ago, so that a host whose clock is a little behind takes them.
 * Text that is no certificate or key throws KhaError KHA4201, a name that no certificate can hold KHA4202.
 */
export interface CertificateAuthority {
  /** Roots of one cluster need different common names, or clients confuse them. */
  createRoot(request: { commonName: string; days: number }): Promise<KeyPair>;
  /** Ends with the root at the latest, however many days are asked for. */
  issue(root: KeyPair, request: CertificateRequest): Promise<KeyPair>;
  /** Public key PEM of a private key; for service account keys. */
  createKey(): Promise<{ key: string; publicKey: string }>;
  inspect(certificate: string): CertificateFacts;
  /** Is `certificate` signed by `root` and does `key` belong to it? False too where the pair can't be read. */
  verify(root: string, pair: KeyPair): boolean;
  /** Is `certificate` signed by `root`? False too where it can't be read. */
  isSignedBy(root: string, certificate: string): boolean;
  /** `sha256:<hex>` of the subject public key info: kubeadm's discovery-token-ca-cert-hash. */
  publicKeyPin(certificate: string): string;
}
