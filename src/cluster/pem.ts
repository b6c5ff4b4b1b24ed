/** The certificates in a text, in their order, each as PEM that ends with a line break. */
export const certificatesIn = (text: string): string[] =>
  (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((pem) => `${pem}\n`);

/** The first certificate and the first key of a text; empty where there is none. */
export const pairIn = (text: string): { certificate: string; key: string } => ({
  certificate: /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0] ?? '',
  key: /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]+-----END \1-----/.exec(text)?.[0] ?? '',
});
