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

/** What a signing request (PKCS#10) asks for; addresses in their shortest form. */
export interface SigningRequestFacts {
  commonName: string;
  organizations: string[];
  dnsNames: string[];
  ipAddresses: string[];
  /** Whatever else it asks for, in words: `the URI spiffe://a`, `the extension 2.5.29.19`. */
  others: string[];
  /** `ECDSA P-256`, `RSA 2048`. */
  key: string;
  /** RSA of 2048 bits and more, or a curve of NIST of 256 bits and more. */
  isStrong: boolean;
  /** By its own key. */
  isSigned: boolean;
}
