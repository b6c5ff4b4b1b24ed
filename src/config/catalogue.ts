import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { KhaError } from '../cluster/error.ts';
import { type Catalogue, minorOf, parseVersion } from '../cluster/version.ts';

const release = z.strictObject({
  kubeadmApi: z.enum(['v1beta2', 'v1beta3', 'v1beta4', 'v1']),
  etcdTag: z.string(),
  coreDnsTag: z.string(),
  pauseTag: z.string(),
  packageRevision: z.string(),
  masterTaints: z.array(z.string()),
  proxyModes: z.array(z.enum(['iptables', 'ipvs', 'nftables'])),
  kubeletNeedsRemoteRuntimeFlag: z.boolean(),
});

const schema = z
  .strictObject({ default: z.string(), releases: z.record(z.string().regex(/^1\.\d+$/), release) })
  .refine((c) => {
    const version = parseVersion(c.default);
    return version !== undefined && minorOf(version) in c.releases;
  }, 'the default version is not among the releases');

let cached: Catalogue | undefined;

/** Reads config/versions.yaml of the package, once. Throws KHA9001 where the file is damaged. */
export function loadCatalogue(): Catalogue {
  cached ??= parseCatalogue(readFileSync(new URL('../../config/versions.yaml', import.meta.url), 'utf8'));
  return cached;
}

export function parseCatalogue(text: string): Catalogue {
  const result = schema.safeParse(parse(text));
  if (!result.success)
    throw new KhaError(`config/versions.yaml of kha is damaged: ${z.prettifyError(result.error)}`, {
      code: 'KHA9001',
      blame: 'kha',
      hint: 'Install kha again.',
    });
  return result.data;
}
