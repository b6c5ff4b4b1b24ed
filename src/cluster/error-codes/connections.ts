import type { ErrorCode } from './error-code.ts';

/** Codes of the way to the hosts: SSH, host keys, credentials. */
export const connectionCodes: readonly ErrorCode[] = [
  {
    code: 'KHA3001',
    title: 'A host can not be reached',
    blame: ['host'],
    meaning: 'There is no way to its address, or its name can not be resolved, from the machine that tried.',
    wayOut: 'Check address and route from the machine of the kha worker.',
  },
  {
    code: 'KHA3002',
    title: 'A host refuses connections',
    blame: ['host'],
    meaning: 'The machine answers but nothing listens at the SSH port.',
    wayOut: 'Start sshd, or correct the port in the cluster file.',
  },
  {
    code: 'KHA3003',
    title: 'A host does not answer',
    blame: ['host'],
    meaning: 'It is off, or a firewall drops the packets.',
    wayOut: 'Switch it on, or open the port to the machine of the kha worker.',
  },
  {
    code: 'KHA3004',
    title: 'A host refuses the login',
    blame: ['host', 'configuration'],
    meaning: 'No key, agent or password that was tried was accepted for that user.',
    wayOut:
      'The message lists what was tried. Put the public key into authorized_keys of that user, or correct `ssh` in the cluster file.',
  },
  {
    code: 'KHA3005',
    title: 'An unknown host key',
    blame: ['host', 'configuration'],
    meaning: "Nobody confirmed the host's key yet.",
    wayOut: '`kha hosts trust CLUSTER` shows fingerprints and asks.',
  },
  {
    code: 'KHA3006',
    title: 'A changed host key',
    blame: ['host', 'configuration'],
    meaning:
      'The host shows another key than the one that was confirmed: the machine was set up anew, or somebody is in between.',
    wayOut: 'Only if it was set up anew: `kha hosts trust CLUSTER --host NAME --replace`. Otherwise stop and find out.',
  },
  {
    code: 'KHA3007',
    title: 'A refused host key',
    blame: ['host', 'configuration'],
    meaning: 'The key is revoked, or it is not the one that the cluster file pins.',
    wayOut: 'Compare with the host; then correct `hostKeys` in the cluster file, or give the host a new key.',
  },
  {
    code: 'KHA3008',
    title: 'A connection was lost',
    blame: ['host'],
    meaning: 'It broke in the middle of a command. What runs on the host as a job goes on, and is taken up again.',
    wayOut:
      'kha tries again by itself. If it keeps happening: is the host rebooting, its sshd restarting, the network unstable?',
  },
  {
    code: 'KHA3009',
    title: 'A command took too long',
    blame: ['host'],
    meaning: 'It did not end within its time.',
    wayOut: '`kha logs CLUSTER` shows what it said last.',
  },
  {
    code: 'KHA3010',
    title: 'sudo does not work',
    blame: ['host', 'configuration'],
    meaning: 'The user may not become root, or sudo asks for a password that is not given.',
    wayOut:
      'Give `sudo: {password: …}` as a reference, or allow it on the host. `kha explain ssh.sudo` shows the settings.',
  },
  {
    code: 'KHA3011',
    title: 'A bastion failed',
    blame: ['host', 'configuration'],
    meaning: 'The host is reached through another one, and that one could not be used.',
    wayOut: 'The message holds the error of the bastion: repair that one.',
  },
  {
    code: 'KHA3012',
    title: 'No usable credential',
    blame: ['configuration'],
    meaning:
      'The key file can not be read or needs a passphrase, there is no agent, or a reference ({env}, {secret}, {file}) leads to nothing.',
    wayOut:
      'Operations read credentials where the kha worker runs: put them there, or `kha secret put NAME`; then retry. After a change of the environment, restart the worker.',
  },
  {
    code: 'KHA3013',
    title: 'The SSH handshake failed',
    blame: ['host'],
    meaning: 'Client and host have no algorithm in common, or what answers is no SSH server.',
    wayOut: 'Try `ssh -v` with the address and port of the message.',
  },
  {
    code: 'KHA3014',
    title: 'No usable shell',
    blame: ['host'],
    meaning: "The user's login shell does not run commands (nologin, a forced command).",
    wayOut: 'Log in by hand as the message says and look.',
  },
  {
    code: 'KHA3015',
    title: 'No session',
    blame: ['host'],
    meaning: 'sshd refuses more sessions on the connection.',
    wayOut: 'See MaxSessions and ForceCommand in sshd_config of the host.',
  },
];
