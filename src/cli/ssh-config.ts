import { resolveSshConfig } from '../adapters/ssh2/ssh-config.ts';
import type { ResolveSshConfig } from '../config/load.ts';

/** Entries of the user's ssh_config, for hosts of a cluster file that name one. */
export const createSshConfigResolver = (): ResolveSshConfig => (alias) => resolveSshConfig(alias);
