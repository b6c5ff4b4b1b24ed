import { type Authority, rootSecret } from './certificates.ts';
import { PKI_DIR } from './paths.ts';

/** Names of secrets of the store while authorities are replaced: the root that comes, how far it is, and what the controller manager signs with. */
export const nextRootSecret = (cluster: string, of: Authority): string => `${rootSecret(cluster, of)}.next`;
export const rotationSecret = (cluster: string): string => `${cluster}/pki/rotation`;
export const signingSecret = (cluster: string): string => `${cluster}/pki/signing`;

/**
 * Certificate and key in one file, so that they change in one step: the controller manager takes no authority from a file with two
 * certificates.
 */
export const SIGNING_FILE = `${PKI_DIR}/kha-signing.pem`;
