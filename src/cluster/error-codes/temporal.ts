import type { ErrorCode } from './error-code.ts';

/** Codes of Temporal and of `kha server`. */
export const temporalCodes: readonly ErrorCode[] = [
  {
    code: 'KHA6001',
    title: 'Temporal can not be reached',
    blame: ['temporal'],
    meaning: 'Nothing answers at the address. Operations are safe and go on when it is back.',
    wayOut: '`kha server` runs a Temporal here; TEMPORAL_ADDRESS names another.',
  },
  {
    code: 'KHA6010',
    title: 'No kha worker answers',
    blame: ['temporal'],
    meaning: 'Temporal runs, but no worker tells how the operation stands.',
    wayOut: 'Start one with `kha worker` or `kha server`; the operation waits for it.',
  },
  {
    code: 'KHA6011',
    title: 'Temporal refuses',
    blame: ['temporal'],
    meaning: 'The API key or the client certificate is not accepted, or may not do this.',
    wayOut: 'Check TEMPORAL_API_KEY, the TEMPORAL_TLS_… variables and the namespace.',
  },
  {
    code: 'KHA6012',
    title: 'Temporal answers with an error',
    blame: ['temporal'],
    meaning:
      'It was reached, and could not do what it was asked for. The message has its words and the status of gRPC.',
    wayOut:
      'Look at the log of Temporal: for `kha server` temporal/server.log under KHA_HOME. Then run the command again.',
  },
  {
    code: 'KHA6102',
    title: '`kha server` runs already',
    blame: ['configuration'],
    meaning: 'There is one at a time for each KHA_HOME.',
    wayOut: 'Use it as it is, stop it, or give the other one its own KHA_HOME and ports.',
  },
  {
    code: 'KHA6103',
    title: 'A port is taken',
    blame: ['temporal'],
    meaning: 'Another program listens there, or the address is none of this machine.',
    wayOut: 'Give `kha server` other ports: --port, --ui-port, --codec-port; `kha codec` has --port.',
  },
  {
    code: 'KHA6104',
    title: 'The program temporal is missing',
    blame: ['temporal', 'configuration'],
    meaning: '`kha server` needs it, and it could not be found or fetched.',
    wayOut: 'Put it on PATH, or name it in KHA_TEMPORAL_CLI.',
  },
  {
    code: 'KHA6105',
    title: 'Temporal does not start',
    blame: ['temporal'],
    meaning: 'A full disk and a database of a newer version are the usual reasons.',
    wayOut: 'Read KHA_HOME/temporal/server.log.',
  },
  {
    code: 'KHA6106',
    title: 'The settings for Temporal are wrong',
    blame: ['configuration'],
    meaning: "A TEMPORAL_… variable or Temporal's configuration file can not be understood.",
    wayOut: 'Correct the one that the message names.',
  },
  {
    code: 'KHA6108',
    title: 'No such namespace',
    blame: ['temporal'],
    meaning: 'Temporal has no namespace of that name.',
    wayOut: 'Create it, or name another in TEMPORAL_NAMESPACE or --namespace.',
  },
  {
    code: 'KHA6109',
    title: 'TLS with Temporal fails',
    blame: ['temporal'],
    meaning:
      'Something answers at the address, but the two sides do not agree on TLS: an authority that is not trusted, another name, a certificate that is missing, refused or out of date, or TLS on one side only.',
    wayOut: 'The message has the reason; the TEMPORAL_TLS_… variables or the profile have the settings.',
  },
];
