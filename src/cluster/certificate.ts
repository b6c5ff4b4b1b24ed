/** A key pair's private half and its certificate, both PEM. */
export interface KeyPair {
  key: string;
  certificate: string;
}

export type CertificateUsage = 'server' | 'client';

export interface CertificateRequest {
  commonName: string;
  organizations?: string[];
  dnsNames?: string[];
  ipAddresses?: string[];
  usages: CertificateUsage[];
  days: number;
}

/** What an existing certificate says; times in ms since the epoch, addresses in their shortest form. */
export interface CertificateFacts {
  commonName: string;
  organizations: string[];
  /** Common name of who signed it. */
  issuer: string;
  /** sha256 of the whole, hex digits. */
  fingerprint: string;
  dnsNames: string[];
  ipAddresses: string[];
  usages: CertificateUsage[];
  notBefore: number;
  notAfter: number;
  isCa: boolean;
}
