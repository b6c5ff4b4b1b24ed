import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KhaError } from '../../cluster/error.ts';
import { createFile, isMissing, replaceFile } from '../files.ts';
import { identify, isRunning, type ProcessIdentity } from '../process-identity.ts';

/** The Temporal process of a home, as KHA_HOME/temporal/server.json tells it. */
export interface ServerRecord extends ProcessIdentity {
  port: number;
  uiPort: number;
}

const serverFile = (directory: string): string => join(directory, 'server.json');
const ownerFile = (directory: string): string => join(directory, 'owner.json');
const tmp = (directory: string): string => join(directory, '.tmp');

/** Undefined where there is none, or one that can't be read: then it is as if none ran. */
export async function readServer(directory: string): Promise<ServerRecord | undefined> {
  const record = await readJson<Partial<ServerRecord>>(serverFile(directory));
  return record && [record.pid, record.port, record.uiPort].every(Number.isInteger) && record.started
    ? (record as ServerRecord)
    : undefined;
}

export const writeServer = (directory: string, record: ServerRecord): Promise<void> =>
  replaceFile(serverFile(directory), `${JSON.stringify(record)}\n`, tmp(directory));

export const removeServer = (directory: string): Promise<void> => rm(serverFile(directory), { force: true });

/**
 * Makes this process the one that keeps the home's Temporal running. The mark of an owner that was killed is taken over.
 *
 * @throws KhaError KHA6102 while another owner lives
 */
export async function takeOwnership(directory: string): Promise<{ release(): Promise<void> }> {
  const me = await identify(process.pid);
  if (!me) throw new Error('this process can not be identified');
  const file = ownerFile(directory);
  const mark = `${JSON.stringify(me)}\n`;
  while (!(await createFile(file, mark, tmp(directory)))) {
    const owner = await readJson<ProcessIdentity>(file);
    if (owner && (await isRunning(owner)))
      throw new KhaError(`\`kha server\` already runs for this home (process ${owner.pid}, ${directory}).`, {
        code: 'KHA6102',
        blame: 'configuration',
        hint: 'Use it as it is, stop that process first, or give this one another KHA_HOME and other ports.',
      });
    // Away with the dead owner's mark, by a rename: of two that try, one fails and looks again.
    const grave = join(directory, `.owner-${process.pid}`);
    await rename(file, grave).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    await rm(grave, { force: true });
  }
  return { release: () => rm(file, { force: true }) };
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
