/** Environment variables that kha reads, for `kha help environment` and the docs. */
export const environment: { name: string; about: string }[] = [
  {
    name: 'KHA_HOME',
    about:
      'Where kha keeps everything: recorded clusters, secrets, known hosts, logs. Default: $XDG_STATE_HOME/kha, else ~/.local/state/kha.',
  },
  {
    name: 'KHA_STORE',
    about:
      'The store of a team: postgresql://user@host/database?sslmode=verify-full, without a password. Default: files in KHA_HOME.',
  },
  {
    name: 'KHA_KEYS',
    about: 'Folder of the keys that encrypt, store.key and codec.key; a team has the same. Default: keys in KHA_HOME.',
  },
  {
    name: 'KHA_STORE_PASSWORD_FILE',
    about: 'A file with the password for KHA_STORE and nothing else. PGPASSWORD, PGPASSFILE and ~/.pgpass do, too.',
  },
  {
    name: 'PGSSLMODE, PGSSLROOTCERT, …',
    about: 'What the address in KHA_STORE leaves open, as other clients of PostgreSQL read it.',
  },
  {
    name: 'KHA_TEMPORAL_CLI',
    about: 'The program `temporal` that `kha server` runs. Default: the one on PATH, else one that is fetched once.',
  },
  {
    name: 'TEMPORAL_ADDRESS',
    about: 'Host and port of Temporal. Default: 127.0.0.1:7233, where `kha server` listens. Flag: --address.',
  },
  { name: 'TEMPORAL_NAMESPACE', about: 'Namespace in Temporal. Default: default. Flag: --namespace.' },
  { name: 'TEMPORAL_PROFILE', about: "A profile of Temporal's configuration file, with address, TLS and API key." },
  { name: 'TEMPORAL_CONFIG_FILE', about: "Temporal's configuration file, in its standard place by default." },
  { name: 'TEMPORAL_API_KEY', about: 'API key for Temporal Cloud.' },
  { name: 'TEMPORAL_TLS, TEMPORAL_TLS_…', about: 'TLS and mTLS to Temporal, as its own tools read them.' },
  { name: 'KHA_TEMPORAL_UI', about: 'Base address of the Web UI of that Temporal, for links.' },
  {
    name: 'KUBECONFIG',
    about: 'Files that `kha kubeconfig --merge` writes to, as kubectl reads them. Default: ~/.kube/config.',
  },
  { name: 'SSH_AUTH_SOCK', about: 'The SSH agent, for hosts with `agent: true`.' },
  { name: 'NO_COLOR, FORCE_COLOR', about: 'Colours off or on; --color wins.' },
  { name: 'KHA_DEBUG', about: 'Stack traces with errors, as --debug.' },
];
