import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Everything that the lab keeps, outside the checkout: KHA_LAB_CACHE, by default ~/.cache/kha-lab. */
const cache = process.env['KHA_LAB_CACHE'] ?? join(homedir(), '.cache', 'kha-lab');

/** This folder, `lab/` of the checkout. */
export const labFolder = fileURLToPath(new URL('.', import.meta.url));

/** Where the lab keeps what. All absolute paths. */
export const places = {
  cache,
  /** One directory for each built piece: `<id>-<version>-<stamp>`. */
  pieces: join(cache, 'pieces'),
  /** Temporary directories of builds; anything in it that no build uses can go. */
  work: join(cache, 'work'),
  logs: join(cache, 'logs'),
  /** Downloaded Debian packages. */
  debs: join(cache, 'debs'),
  goModules: join(cache, 'gomod'),
  goBuilds: join(cache, 'gocache'),
  goPath: join(cache, 'gopath'),
  /** Keys and the password of the lab: id_lab, id_lab.pub, pat.password, apt.asc, gnupg/. */
  keys: join(cache, 'keys'),
  /** Disks of the hosts. */
  hosts: join(cache, 'hosts'),
  /** Disks and consoles of virtual machines. */
  vms: join(cache, 'vms'),
  /** The disk of a host that was kept for others to start with. */
  kept: join(cache, 'kept'),
  /** State of the running lab; gone while it is down. */
  run: join(cache, 'run'),
  /** Private key that root, ops and pat of every host accept. */
  privateKey: join(cache, 'keys', 'id_lab'),
  /** Password of user pat of every host, mode 0600, one line. */
  password: join(cache, 'keys', 'pat.password'),
  /** known_hosts of the hosts that exist. */
  knownHosts: join(cache, 'run', 'known_hosts'),
} as const;
