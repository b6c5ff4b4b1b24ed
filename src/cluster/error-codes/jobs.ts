import type { ErrorCode } from './error-code.ts';

/** Codes of commands, uploads and remote jobs on hosts. */
export const jobCodes: readonly ErrorCode[] = [
  {
    code: 'KHA3020',
    title: 'Superseded',
    blame: ['kha'],
    meaning: 'A newer try of the same task runs on the host already, so this one stood back.',
    wayOut: 'Nothing to do.',
  },
  {
    code: 'KHA3021',
    title: 'A remote job did not start',
    blame: ['host'],
    meaning: 'The host could not start the detached command.',
    wayOut: 'Is its disk full? Can /var/lib/kha be written?',
  },
  {
    code: 'KHA3022',
    title: 'A remote job took too long',
    blame: ['host'],
    meaning: 'It has not ended within its time. It was not killed and may still run on the host.',
    wayOut: "Look on the host: `systemctl list-units 'kha-job-*'` and /var/lib/kha/jobs. The next try goes on with it.",
  },
  {
    code: 'KHA3023',
    title: 'A remote job vanished',
    blame: ['host'],
    meaning: 'It was started and was gone without an exit code, several times over: something on the host kills it.',
    wayOut: 'Look for the OOM killer and for reboots: `journalctl -k` on the host. Then retry.',
  },
  {
    code: 'KHA3024',
    title: 'A bad name of a remote job',
    blame: ['kha'],
    meaning: 'A defect of kha.',
    wayOut: 'Please report it.',
  },
  {
    code: 'KHA3025',
    title: 'An upload failed',
    blame: ['host'],
    meaning: 'A file could not be put on the host.',
    wayOut: 'Check space (`df`) and whether its folder exists and can be written.',
  },
  {
    code: 'KHA3200',
    title: 'A command failed on a host',
    blame: ['host'],
    meaning: 'It ended with another exit code than 0. Its last lines are shown.',
    wayOut: 'Read them, repair the host, retry.',
  },
  {
    code: 'KHA3201',
    title: 'The facts of a host could not be read',
    blame: ['host'],
    meaning: 'The script that reads them ended early. Its last lines are shown.',
    wayOut: 'Log in as the same user and look whether the host is healthy.',
  },
  {
    code: 'KHA3501',
    title: 'A webhook did not take a message',
    blame: ['host'],
    meaning:
      'The receiver of approvals.webhook could not be reached, or answered with another status than 2xx. It is tried again for a day; gates do not depend on it.',
    wayOut: 'Look at the address and the secret in the cluster file, and at the receiver.',
  },
  {
    code: 'KHA3202',
    title: 'No result in time',
    blame: ['host', 'kha'],
    meaning:
      'A task gave no result in its time: no kha worker runs, it died again and again, or it can not reach the host.',
    wayOut:
      'Start a worker (`kha server` or `kha worker`), then retry: what runs on the host already is taken up again.',
  },
];
