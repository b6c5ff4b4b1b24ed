import { z } from 'zod';
import { flag, ipAddress, keyPath, nonEmpty, port, userName } from '../fields.ts';

const SECRET = 'must be a reference, never the value itself: {env: NAME}, {secret: name} or {file: path}';

/** Exactly one of env, secret, file. */
export const secretRef = z
  .strictObject(
    {
      env: z
        .string({ error: 'must be the name of an environment variable' })
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be the name of an environment variable' })
        .optional()
        .meta({ description: "Environment variable of kha's worker that holds the value." }),
      secret: nonEmpty.optional().meta({ description: 'Entry of the encrypted store, see `kha secret put`.' }),
      file: keyPath.optional().meta({ description: "File on the worker's machine that holds the value." }),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? SECRET : undefined) },
  )
  .refine((v) => Object.values(v).filter((x) => x !== undefined).length === 1, { error: SECRET })
  .meta({ description: 'Where kha finds a secret value.', examples: [{ env: 'SSH_PASSWORD' }] });

const hostKey = z
  .string({ error: 'must be a public host key, for example "ssh-ed25519 AAAA…"' })
  .regex(/^(ssh-ed25519|ssh-rsa|rsa-sha2-(256|512)|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{16,}={0,2}( .*)?$/, {
    error: 'must be a public host key, for example "ssh-ed25519 AAAA…"',
  });

const common = {
  user: userName.optional().meta({ description: 'User to log in as. Default: root.' }),
  port: port.optional().meta({ description: 'Port of sshd. Default: 22.' }),
  keyFile: keyPath.optional().meta({ description: 'Private key file.', examples: ['~/.ssh/id_ed25519'] }),
  passphrase: secretRef.optional().meta({ description: 'Passphrase of the key file.' }),
  agent: flag
    .optional()
    .meta({ description: 'Use the SSH agent. Default: true where neither keyFile nor password is given.' }),
  password: secretRef.optional().meta({ description: 'Password to log in with.' }),
};

const hostKeys = z
  .array(hostKey)
  .optional()
  .meta({ description: 'Host keys that are accepted; any other is refused without asking.' });

const bastion = z.strictObject({
  address: nonEmpty.meta({ description: 'Address or DNS name of the bastion.' }),
  ...common,
  hostKeys,
});

const bastionText = z.string().regex(/^([A-Za-z_][\w.-]*@)?(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?$/, {
  error: 'must be a bastion as [user@]address[:port]',
});

const oneJump = z.union([bastionText, bastion]);

const jump = z
  .union([oneJump, z.array(oneJump)])
  .optional()
  .meta({
    description: "Bastions to go through, the first is connected to first. Each one's host key is verified.",
    examples: ['ops@bastion.example.com:22'],
  });

const sudo = z
  .strictObject({ password: secretRef.optional().meta({ description: 'Absent: sudo must not ask for one.' }) })
  .optional()
  .meta({ description: 'How to become root where the user is not root.' });

/** Defaults of all hosts. */
export const sshDefaults = z
  .strictObject({ ...common, sudo, jump })
  .prefault({})
  .meta({ description: 'How hosts are reached; each host may say otherwise.' });

/** What one host says otherwise. */
const sshOfHost = z
  .strictObject({
    ...common,
    sudo,
    jump,
    hostKeys,
    address: nonEmpty.optional().meta({ description: 'Where sshd is reached, if not at the address of the host.' }),
    config: nonEmpty
      .optional()
      .meta({ description: 'Host entry of ~/.ssh/config to take address, user, port, key and bastions from.' }),
  })
  .optional()
  .meta({ description: 'How this host is reached, over the defaults in `ssh`.' });

export const host = z
  .union([
    ipAddress.meta({ description: 'Address of the host, short for {address: …}.' }),
    z.strictObject({
      address: ipAddress.optional().meta({
        description: 'IP address by which the other hosts reach it. Default: that of the ~/.ssh/config entry.',
      }),
      ssh: sshOfHost,
    }),
  ])
  .meta({
    description: 'A host.',
    examples: ['10.0.0.11', { address: '10.0.0.12', ssh: { user: 'ops', port: 2222 } }],
  });
