/** A key pair's private half and its certificate, both PEM. */
export interface KeyPair {
  key: string;
  certificate: string;
}

export interface CertificateRequest {
  commonName: string;
  organizations?: string[];
  dnsNames?: string[];
  ipAddresses?: string[];
  usages: ('server' | 'client')[];
  days: number;
}

/** What an existing certificate says; times in ms since the epoch. */
export interface CertificateFacts {
  commonName: string;
  organizations: string[];
  dnsNames: string[];
  ipAddresses: string[];
  usages: ('server' | 'client')[];
  notBefore: number;
  notAfter: number;
  isCa: boolean;
}

/** Makes and judges X.509 certificates. RSA 2048 with sha256; keys in PKCS#1 PEM, as kubeadm writes them. */
export interface CertificateAuthority {
  createRoot(request: { commonName: string; days: number }): Promise<KeyPair>;
  issue(root: KeyPair, request: CertificateRequest): Promise<KeyPair>;
  /** Public key PEM of a private key; for service account keys. */
  createKey(): Promise<{ key: string; publicKey: string }>;
  inspect(certificate: string): CertificateFacts;
  /** Is `certificate` signed by `root` and does `key` belong to it? */
  verify(root: string, pair: KeyPair): boolean;
  /** `sha256:<hex>` of the subject public key info: kubeadm's discovery-token-ca-cert-hash. */
  publicKeyPin(certificate: string): string;
}
