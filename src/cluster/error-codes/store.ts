import type { ErrorCode } from './error-code.ts';

/** Codes of kha's own files, secrets and certificates. */
export const storeCodes: readonly ErrorCode[] = [
  {
    code: 'KHA4001',
    title: 'A stored document is missing',
    blame: ['configuration'],
    meaning: "A worker or command looked into another store than the one where the operation's documents are.",
    wayOut:
      'All commands and workers of one Temporal must use the same store: the same KHA_HOME on one machine, or the same KHA_STORE (PostgreSQL) and keys on several.',
  },
  {
    code: 'KHA4002',
    title: 'A stored document is damaged',
    blame: ['configuration'],
    meaning: 'Its content does not fit its digest, or it can not be read.',
    wayOut: 'Restore it from a backup of the store.',
  },
  {
    code: 'KHA4003',
    title: 'A bad name in the store',
    blame: ['configuration', 'kha'],
    meaning:
      'The name of a cluster or secret is empty, too long or not valid Unicode; or a digest is none, which is a defect of kha.',
    wayOut: 'Use letters, digits, dots, dashes and slashes.',
  },
  {
    code: 'KHA4004',
    title: 'A key file can not be used',
    blame: ['configuration'],
    meaning:
      "The file with the keys for secrets or Temporal's payloads is damaged, has not the key that encrypted, or is readable by everybody.",
    wayOut:
      'Restore KHA_HOME/keys from your backup: without the key, what was encrypted with it is lost. If only the mode is wrong: chmod 600.',
  },
  {
    code: 'KHA4005',
    title: 'A file of kha can not be read or written',
    blame: ['configuration'],
    meaning: 'The reason stands in the message: permissions, a full disk, a read-only file system.',
    wayOut: 'Repair that and run the command again.',
  },
  {
    code: 'KHA4006',
    title: 'A payload can not be decrypted',
    blame: ['configuration'],
    meaning: 'It was encrypted with a key that this machine does not have. The message names the key by its id.',
    wayOut: 'Copy KHA_HOME/keys/codec.key from a machine where `kha key list` shows that id.',
  },
  {
    code: 'KHA4007',
    title: 'A setting of the store can not be used',
    blame: ['configuration'],
    meaning:
      'KHA_STORE, one of its parameters, or a file of passwords or certificates that it names is not as it must be.',
    wayOut: 'Correct what the message names. Passwords go into a file or PGPASSWORD, never into the address.',
  },
  {
    code: 'KHA4008',
    title: 'The store does not answer',
    blame: ['configuration'],
    meaning:
      'PostgreSQL, where the store is, could not be reached for a minute (ten seconds from a command). A running operation tries on, then parks.',
    wayOut: 'Start PostgreSQL again, or correct the address in KHA_STORE. Parked tasks: kha retry.',
  },
  {
    code: 'KHA4009',
    title: 'The store refuses',
    blame: ['configuration'],
    meaning: 'PostgreSQL answers, but not with what is needed: login, rights, encoding or TLS are not right.',
    wayOut: 'The message has the reason in the words of PostgreSQL.',
  },
  {
    code: 'KHA4010',
    title: 'The store belongs to a newer kha',
    blame: ['configuration'],
    meaning: 'Its schema in PostgreSQL was made by a version that this one does not know.',
    wayOut: 'Use that version on all machines.',
  },
  {
    code: 'KHA4011',
    title: 'Two stores hold different content',
    blame: ['configuration'],
    meaning:
      'Under a name that both have, a store that was to be copied has something else than the other. Nothing was copied over it.',
    wayOut: 'Decide which is right, and remove the other one: a secret by kha secret rm; or copy into an empty store.',
  },
  {
    code: 'KHA4012',
    title: 'The copy of a store is not complete',
    blame: ['configuration'],
    meaning: 'What was copied was compared afterwards, and differs: somebody wrote to one of the stores meanwhile.',
    wayOut: 'Stop the workers and run kha store migrate again; it goes on where it stands.',
  },
  {
    code: 'KHA4020',
    title: 'A key is in use',
    blame: ['configuration'],
    meaning: 'A key that still encrypts, or that secrets of the store need, can not be forgotten.',
    wayOut: '`kha key rotate` makes another one encrypt, and encrypts the secrets again.',
  },
  {
    code: 'KHA4100',
    title: 'A secret of the cluster is missing',
    blame: ['kha'],
    meaning: 'The step needs a key that an earlier step makes and keeps in the store.',
    wayOut: 'Is the store the one that the operation began with? If it was lost, restore KHA_HOME from its backup.',
  },
  {
    code: 'KHA4201',
    title: 'A certificate authority can not be used',
    blame: ['configuration'],
    meaning:
      'A certificate that kha found, on a host or in the store, can not be read; or the key of an authority is not RSA.',
    wayOut:
      'Put an RSA certificate in PEM there, or remove the file that the message names and let kha make a new one. For the store: restore its backup.',
  },
  {
    code: 'KHA4202',
    title: 'A name that can not stand in a certificate',
    blame: ['configuration'],
    meaning: 'A DNS name or an address among pki.sans or the hosts is malformed.',
    wayOut: 'Correct it in the cluster file.',
  },
];
