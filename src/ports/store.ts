/** sha256 of the canonical JSON, hex. */
export type Digest = string;

/** What is remembered of a cluster between operations. */
export interface RecordedCluster {
  name: string;
  /** The declaration in force. */
  cluster: Digest;
  /** ISO times. */
  createdAt: string;
  updatedAt: string;
  /** Files it was read from, for messages only. */
  sources: string[];
  /** No operation has carried the declaration out yet; `new`: nor any before it, so that there may be no cluster at all. */
  pending?: 'new' | 'changed';
}

/** One remote command, as `kha logs` shows it. Holds no secret. */
export interface RemoteCommand {
  task: string;
  host: string;
  /** What was run, in words or as a shortened script. */
  title: string;
  startedAt: number;
  endedAt: number;
  exitCode: number | null;
  /** The last lines of output. */
  output: string[];
  /** Reading only: nothing was changed by it. */
  look: boolean;
}

/** What a look at a store found; with a `fix` it is a warning. */
export interface StoreFinding {
  message: string;
  fix?: string;
}

/** A text that several processes change. */
export interface SharedText {
  /** Where it is, for messages. */
  place: string;
  /** Empty where there is none yet. */
  read(): Promise<string>;
  /** Writes what `change` makes of it. Writers take turns; `change` may be called again. */
  change(change: (text: string) => string): Promise<void>;
}

/**
 * kha's own memory beside Temporal's: documents by digest, recorded clusters, encrypted secrets, logs of tasks,
 * confirmed host keys.
 * Every write is atomic; two writers never corrupt it.
 */
export interface Store {
  /** Where it is, for messages. */
  place: string;
  putObject(value: unknown): Promise<Digest>;
  /** Throws KhaError KHA4001 when it is not there. */
  getObject<T>(digest: Digest): Promise<T>;
  listObjects(): Promise<Digest[]>;
  getCluster(name: string): Promise<RecordedCluster | undefined>;
  putCluster(record: RecordedCluster): Promise<void>;
  listClusters(): Promise<RecordedCluster[]>;
  deleteCluster(name: string): Promise<void>;
  /** Encrypted at rest. Names are paths such as `demo/pki/ca.key`. */
  putSecret(name: string, value: string): Promise<void>;
  getSecret(name: string): Promise<string | undefined>;
  /** Writes only if there is none; returns the value that is stored in the end. */
  createSecret(name: string, value: string): Promise<string>;
  deleteSecret(name: string): Promise<void>;
  listSecrets(prefix: string): Promise<string[]>;
  /** How many secrets are encrypted with which key, by the key's id. */
  secretKeys(): Promise<Record<string, number>>;
  /**
   * Encrypts with the present key what is encrypted with an older one, and returns how many these were. May be killed and
   * called again at any time; never undoes what another one writes or deletes meanwhile.
   */
  reencryptSecrets(): Promise<number>;
  appendLog(run: string, entry: RemoteCommand): Promise<void>;
  readLog(run: string): Promise<RemoteCommand[]>;
  /** Runs that have a log. */
  listLogs(): Promise<string[]>;
  /** Host keys of a cluster that its operator confirmed, in the form of a known_hosts file (sshd(8)). */
  knownHosts(cluster: string): SharedText;
  /** Clusters that have host keys. */
  listKnownHosts(): Promise<string[]>;
  /** Looks whether it can be used and changes nothing. Throws the KhaError that its use would meet. */
  inspect(): Promise<StoreFinding[]>;
  /** Ends its connections; it can not be used afterwards. */
  close(): Promise<void>;
}
