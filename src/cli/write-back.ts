import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../adapters/files.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import type { Issue } from '../cluster/issue.ts';
import { diffClusters } from '../config/diff.ts';
import { editHosts } from '../config/edit-hosts.ts';
import { type LoadedCluster, loadCluster } from '../config/load.ts';
import { isEvenEtcd } from '../config/remove-hosts.ts';
import { ownSettings } from '../config/write-hosts.ts';
import type { Context } from './context.ts';
import { plain } from './colour.ts';
import { usageError } from './errors.ts';
import { settingLines } from './record.ts';

/** A cluster file, and its text that declares a cluster. */
interface PlannedFile {
  path: string;
  text: string;
  mode: number;
  /** It does so already. */
  isSame: boolean;
}

/**
 * The file with the hosts and roles of a cluster; all else stays as it is. Throws KHA2001 and KHA2002 where it can't be read or written,
 * KHA1005 where it would not declare that cluster with other hosts alone.
 */
export async function plannedFile(file: string, cluster: Cluster): Promise<PlannedFile> {
  const { cluster: declared, files } = await load(file, undefined, isEvenEtcd);
  const text = files[0]?.text ?? '';
  const path = await realpath(file);
  // A file is replaced, so its folder has to take a new one.
  await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
    throw usageError(`${file} can't be written: ${cause instanceof Error ? cause.message : String(cause)}.`);
  });
  const { mode } = await stat(path);
  const planned = { path, mode: mode & 0o777 };
  if (diffClusters(declared, cluster).length === 0) return { ...planned, text, isSame: true };

  // What the file says by itself of new hosts, and of roles that it leaves to defaults.
  const draft = editHosts(text, cluster, { ssh: {}, roles: [] });
  const given = draft === undefined ? undefined : await reread(file, draft, () => true);
  const roles = (['masters', 'workers', 'etcd'] as const).filter(
    (role) => given?.roles[role].join() !== cluster.roles[role].join(),
  );
  const ssh = Object.fromEntries(
    cluster.hosts.flatMap(({ name, connection }) => {
      const usual = given?.hosts.find((h) => h.name === name)?.connection;
      const own = usual && !declared.hosts.some((h) => h.name === name) ? ownSettings(connection, usual) : undefined;
      return own ? [[name, own]] : [];
    }),
  );
  const edited = editHosts(text, cluster, { ssh, roles });
  const result = edited === undefined ? undefined : await reread(file, edited, isEvenEtcd);
  const others = diffClusters(result ?? declared, cluster);
  if (edited !== undefined && result && others.length === 0) return { ...planned, text: edited, isSame: false };
  throw new KhaError(
    `${file} would not declare ${cluster.name} with other hosts alone: it differs from the record in more than these.`,
    {
      code: 'KHA1005',
      blame: 'configuration',
      hint: 'Leave --write out and edit the file yourself; or give the file that the cluster was made from.',
      lastLines: settingLines(others, plain),
    },
  );
}

/** Writes the file when the operation is done; in between somebody may have edited it. */
export async function writeFileOf(context: Context, file: string, cluster: Cluster): Promise<void> {
  const { path, text, mode, isSame } = await plannedFile(file, cluster);
  if (!isSame) await replaceFile(path, text, dirname(path), mode);
  context.say(`${context.paintTalk('green', '✔')} ${file} ${isSame ? 'says so already' : 'says so now'}.`);
}

type Tolerance = (cluster: Cluster, issue: Issue) => boolean;

/** As the file is, or with another text. */
async function load(file: string, text: string | undefined, tolerates: Tolerance): Promise<LoadedCluster> {
  const { resolveSshConfig } = await import('../adapters/ssh2/ssh-config.ts');
  return loadCluster({
    files: [file],
    ...(text === undefined ? {} : { readText: async () => text }),
    resolveSshConfig: (alias) => resolveSshConfig(alias),
    tolerates,
  });
}

/** What our own text declares; undefined where that is nothing. */
const reread = (file: string, text: string, tolerates: Tolerance): Promise<Cluster | undefined> =>
  load(file, text, tolerates).then(
    (loaded) => loaded.cluster,
    () => undefined,
  );
