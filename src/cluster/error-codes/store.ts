import type { ErrorCode } from './error-code.ts';

/** Codes of kha's own files, secrets and certificates. */
export const storeCodes: readonly ErrorCode[] = [
  {
    code: 'KHA4001',
    title: 'A stored document is missing',
    blame: ['configuration'],
    meaning: "A worker or command looked into another store than the one where the operation's documents are.",
    wayOut: 'All kha processes of one Temporal must share KHA_HOME.',
  },
  {
    code: 'KHA4002',
    title: 'A stored document is damaged',
    blame: ['configuration'],
    meaning: 'Its content does not fit its digest, or it can not be read.',
    wayOut: 'Restore it from a backup of KHA_HOME.',
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
      "The key that encrypts secrets or Temporal's payloads is damaged, another than the one that encrypted, or readable by everybody.",
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
    meaning: 'It was encrypted with a key that this machine does not have.',
    wayOut: 'Copy KHA_HOME/keys/codec.key from the machine that started the operation.',
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
