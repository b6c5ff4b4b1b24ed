import { z } from 'zod';
import { kernelVersion, packageUrl } from '../fields.ts';

export const kernel = z
  .strictObject({
    version: kernelVersion.default('newest').meta({
      description: 'As `uname -r` has it, with or without the flavour or architecture at its end; or `newest`.',
      examples: ['6.1.0-56', '5.14.0-427.13.1.el9_4'],
    }),
    package: z
      .string()
      .regex(/^[a-z0-9][a-z0-9+._-]*$/, { error: 'must be the name of a package' })
      .optional()
      .meta({
        description:
          'Package that follows the newest kernel. Default: what a host has installed, else that of its flavour.',
        examples: ['linux-image-generic-hwe-22.04'],
      }),
    files: z
      .array(
        z.strictObject({
          url: packageUrl.meta({ description: 'Or `file://` with a path on the hosts.' }),
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/, { error: 'must be the SHA-256 checksum, 64 hexadecimal digits' })
            .optional(),
        }),
      )
      .default([])
      .meta({
        description:
          'Package files in the place of repositories; each host takes those of its kind (deb, rpm; architecture).',
      }),
  })
  .prefault({})
  .meta({ description: 'The kernel that kernel-upgrade brings.' });
