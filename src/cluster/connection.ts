/** Where a worker finds a secret value; never the value itself. */
export type SecretRef = { env: string } | { secret: string } | { file: string };

/** How a host is reached by SSH. Plain JSON; credentials are references that a worker resolves. */
export interface Connection {
  /** Name under which its keys stand in the cluster's known_hosts (host name of the cluster file). */
  name: string;
  address: string;
  port: number;
  user: string;
  /** Private key file on the worker's machine; `~` is the worker's home. */
  keyFile?: string;
  passphrase?: SecretRef;
  /** Use the agent of SSH_AUTH_SOCK. */
  agent: boolean;
  password?: SecretRef;
  /** Become root with sudo where `user` is not root; `password` absent: sudo must not ask. */
  sudo: { password?: SecretRef };
  /** Host keys pinned in the file, as `ssh-ed25519 AAAA…`; any other key is refused. */
  hostKeys: string[];
  /** Bastions, the first is connected to first. Each one's key is verified by its own name. */
  jump: Connection[];
}
