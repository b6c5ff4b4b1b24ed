import { z } from 'zod';
import { absolutePath, flag, httpUrl, image, integer, nonEmpty, oneOf, registryName } from '../fields.ts';

const endpoints = z.array(httpUrl).min(1, { error: 'must have at least one URL' });

const registry = z
  .union([
    httpUrl,
    endpoints,
    z.strictObject({
      endpoints: endpoints.meta({ description: 'URLs tried in order.' }),
      insecure: flag.default(false).meta({ description: "Do not verify the endpoints' certificates." }),
      caFile: absolutePath.optional().meta({ description: 'PEM file on the hosts with the CA of the endpoints.' }),
    }),
  ])
  .meta({ examples: ['https://mirror.example.com'] });

export const runtime = z
  .strictObject({
    kind: oneOf(['containerd']).default('containerd'),
    packageName: nonEmpty
      .default('containerd')
      .meta({ description: "Debian's is `containerd`, Docker's is `containerd.io`." }),
    packageVersion: nonEmpty.optional().meta({ description: 'Default: newest.' }),
    runcPackageVersion: nonEmpty.optional().meta({ description: 'Default: newest.' }),
    storageDir: absolutePath.default('/var/lib/containerd'),
    stateDir: absolutePath.default('/run/containerd'),
    oomScore: integer(-1000, 1000).default(-999),
    logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic']).default('info'),
    maxContainerLogLineSize: integer(-1, 2 ** 31 - 1)
      .default(16384)
      .meta({ description: 'Longest line of a container log; -1: no limit.' }),
    maxGrpcMessageBytes: integer(65536, 2 ** 31 - 1).default(16 * 1024 ** 2),
    snapshotter: nonEmpty.default('overlayfs'),
    pauseImage: image.optional().meta({ description: 'Default: what kubeadm of this version asks for.' }),
    registries: z
      .record(registryName, registry)
      .prefault({})
      .meta({
        description: 'Mirrors of registries, by the name that stands in images.',
        examples: [{ 'docker.io': 'https://mirror.example.com' }],
      }),
    imports: z
      .array(absolutePath)
      .default(['/etc/containerd/conf.d/*.toml'])
      .meta({ description: 'TOML files that containerd reads besides.' }),
  })
  .prefault({})
  .meta({ description: 'The container runtime.' });

export const packages = z
  .strictObject({
    repositories: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, { error: 'must be a file name without ending' }),
          kind: oneOf(['apt', 'yum'])
            .optional()
            .meta({ description: 'Only for hosts with apt or with yum/dnf. Absent: for whatever a host has.' }),
          url: httpUrl,
          suite: nonEmpty.default('./').meta({ description: 'Suite of an apt repository; `./`: a flat one.' }),
          components: z.array(nonEmpty).default([]),
          keyUrl: httpUrl.optional().meta({ description: 'Public key that signs it. Absent: trusted without.' }),
        }),
      )
      .optional()
      .meta({
        description: 'Repositories that kha writes; []: those that the hosts have. Default: pkgs.k8s.io (from 1.24).',
      }),
    extra: z.array(nonEmpty).default([]).meta({ description: 'More packages on all hosts.' }),
  })
  .prefault({})
  .meta({ description: 'Packages.' });
