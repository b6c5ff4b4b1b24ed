import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import type { Cluster } from '../cluster/cluster.ts';
import { type Finding, KhaError } from '../cluster/error.ts';
import type { Issue } from '../cluster/issue.ts';
import { unknownPlaces } from '../cluster/checks/approvals.ts';
import { validateCluster } from '../cluster/validate.ts';
import type { Catalogue } from '../cluster/version.ts';
import { readSeed } from './ansible/read-seed.ts';
import { loadCatalogue } from './catalogue.ts';
import { sortFindings, toFinding } from './findings.ts';
import { normalise } from './normalise.ts';
import type { SshConfigEntry } from './normalise-hosts.ts';
import type { ClusterFile } from './schema/cluster.ts';
import { checkForm, followsFrom } from './check-form.ts';
import type { KeyedIssue } from './schema-issues.ts';
import type { PlacedIssue, Source, SourceFile } from './source.ts';
import { isPlainMap, mergeSources, readYaml } from './yaml-source.ts';

/** Resolves an entry of ~/.ssh/config; undefined where there is none. */
export type ResolveSshConfig = (alias: string) => Promise<SshConfigEntry | undefined>;

export interface LoadOptions {
  /** Resolves `ssh: {config: alias}`; absent: such entries are errors. */
  resolveSshConfig?: ResolveSshConfig;
  /** Default: config/versions.yaml of the package. */
  catalogue?: Catalogue;
  /** Ids of the steps that rules may name; absent: they are not checked. */
  steps?: readonly string[];
  /** What the cluster as a whole may be besides. */
  tolerates?: (cluster: Cluster, issue: Issue) => boolean;
  /** Default: reads the file; `-` is standard input. */
  readText?: (path: string) => Promise<string>;
}

export interface LoadedCluster {
  cluster: Cluster;
  /** Names of the files, for the record. */
  sources: string[];
  /** Warnings; a load with errors throws. */
  findings: Finding[];
  /** What `renderFindings` needs to show the lines. */
  files: SourceFile[];
  /** Passwords that stood in the seed's files. The caller puts them into the store; the cluster refers to them. */
  secrets: { name: string; value: string }[];
}

export interface LoadClusterOptions extends LoadOptions {
  /** Cluster files; a later one wins, and all of them over an inventory, which has no variable for some settings. */
  files?: string[];
  /** The seed's inventory. */
  inventory?: string;
  /** The inventory's groups new-… and del-… are heeded. */
  heedRequests?: boolean;
  /** The seed's `-e`: `@file`, or `name=value`. A later one wins. */
  extraVars?: string[];
  /** Name of the cluster: an inventory has none (default: kubernetes), a file's own is replaced. */
  name?: string;
}

/** Reads a cluster from its files, or from the seed's. Throws KHA2001 with all findings and the `files` that `renderFindings` needs, KHA2002. */
export async function loadCluster(options: LoadClusterOptions): Promise<LoadedCluster> {
  const read = await Promise.all((options.files ?? []).map((path) => readSource(path, options)));
  if (options.inventory === undefined) {
    return loadSource(named(readYaml(read), options.name), options);
  }
  const inventory = await readSource(options.inventory, options);
  const extraVars = await Promise.all(
    (options.extraVars ?? []).map(async (given) =>
      given.startsWith('@') ? readSource(given.slice(1), options) : { name: '-e', text: given, inline: true },
    ),
  );
  const seed = readSeed({
    inventory,
    extraVars,
    name: options.name ?? 'kubernetes',
    heedRequests: options.heedRequests ?? false,
  });
  return loadSource(read.length === 0 ? seed : named(mergeSources(seed, readYaml(read)), options.name), options);
}

function named(source: Source, name: string | undefined): Source {
  if (name !== undefined && isPlainMap(source.document)) source.document.name = name;
  return source;
}

/** From a document, wherever it comes from, to a checked cluster. Throws KHA2001 with all findings. */
export async function loadSource(source: Source, options: LoadOptions = {}): Promise<LoadedCluster> {
  const issues: (KeyedIssue | PlacedIssue)[] = [...source.problems];
  let cluster: Cluster | undefined;
  if (source.document !== undefined) {
    const { data, issues: formIssues, ignored } = checkForm(source.document);
    issues.push(...formIssues);
    if (data) {
      const sshConfig = await resolveAliases(data, options.resolveSshConfig);
      const result = normalise(data, { catalogue: options.catalogue ?? loadCatalogue(), sshConfig });
      cluster = result.cluster;
      const tolerated = (issue: Issue): boolean =>
        cluster !== undefined && options.tolerates?.(cluster, issue) === true;
      const places = cluster && options.steps ? unknownPlaces(cluster, options.steps) : [];
      const whole = [...result.issues, ...(cluster ? validateCluster(cluster) : []), ...places].filter(
        (i) => !tolerated(i),
      );
      issues.push(...whole.filter((issue) => !followsFrom(issue, ignored)));
    }
  }
  const findings = sortFindings(
    issues.map((issue) => toFinding(source, issue)),
    source.files,
  );
  const errors = findings.filter((f) => f.severity === 'error').length;
  const names = source.files.map((f) => f.name);
  if (errors > 0 || !cluster) {
    const error = new KhaError(`${names.join(', ')}: ${errors} ${errors === 1 ? 'error' : 'errors'}.`, {
      code: 'KHA2001',
      blame: 'configuration',
      hint: 'Correct the file; nothing was touched.',
      findings,
    });
    throw Object.assign(error, { files: source.files });
  }
  return { cluster, sources: names, findings, files: source.files, secrets: source.secrets };
}

/** Throws KHA2002 where the file can't be read. */
async function readSource(path: string, options: LoadOptions): Promise<SourceFile> {
  const read = options.readText ?? ((p: string) => (p === '-' ? readStream(process.stdin) : readFile(p, 'utf8')));
  try {
    return { name: path === '-' ? 'stdin' : path, text: (await read(path)).replace(/^\uFEFF/, '') };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const why =
      { ENOENT: 'there is no such file', EACCES: 'permission denied', EISDIR: 'it is a directory' }[code] ??
      (cause instanceof Error ? cause.message : String(cause));
    throw new KhaError(`Can't read ${path}: ${why}.`, {
      code: 'KHA2002',
      blame: 'configuration',
      hint: 'Name a cluster file with -f, or copy config/cluster.example.yaml.',
      cause,
    });
  }
}

async function resolveAliases(
  file: ClusterFile,
  resolve: ResolveSshConfig | undefined,
): Promise<ReadonlyMap<string, SshConfigEntry>> {
  const found = new Map<string, SshConfigEntry>();
  for (const host of Object.values(file.hosts)) {
    const alias = typeof host === 'string' ? undefined : host.ssh?.config;
    if (alias === undefined || found.has(alias)) continue;
    const entry = await resolve?.(alias);
    if (entry) found.set(alias, entry);
  }
  return found;
}
