import { join } from 'node:path';
import { filesBelow, readPieces } from './files.ts';
import type { Finding } from './finding.ts';
import type { Scanner } from './scan-text.ts';

/** What was looked through, so that an empty list of findings means something. */
export interface Scanned {
  findings: Finding[];
  files: number;
  bytes: number;
}

/** Files below folders of this machine, told as `<host>:<path>` where they are those of a host. */
export function scanFiles(
  scanner: Scanner,
  paths: readonly string[],
  {
    name = (path: string) => path,
    except,
  }: { name?: (path: string) => string; except?: (path: string) => boolean } = {},
): Scanned {
  const findings = new Map<string, Finding>();
  let bytes = 0;
  const files = paths.flatMap((path) => filesBelow(path, except));
  for (const path of files) {
    readPieces(path, scanner.overlap, (piece, at) => {
      bytes += piece.length;
      const isText = !piece.includes(0);
      for (const finding of scanner.scan(name(path), piece, { isText, at })) {
        const key = `${finding.place}\0${finding.what}`;
        if (!findings.has(key)) findings.set(key, finding);
      }
    });
  }
  return { findings: [...findings.values()], files: files.length, bytes };
}

/** Where no secret has any business to be once an operation is over. */
const NOWHERE = ['tmp', 'var/tmp', 'dev/shm', 'run/kha', 'run/log', 'var/lib/kha', 'var/log', 'var/lib/etcd', 'home'];
/** Where keys lie that root alone may read. */
const GUARDED = ['etc', 'root', 'opt', 'usr/local', 'var/lib/kubelet'];
/** kubelet's copies for containers: theirs to guard, by the folders above. */
const OF_PODS = 'var/lib/kubelet/pods';

/** The files of a host, from below its root folder. */
export function scanHostFiles(scanner: Scanner, host: string, root: string): Scanned {
  const name = (path: string): string => `${host}:${path.slice(root.length)}`;
  const nowhere = scanFiles(
    scanner,
    NOWHERE.map((place) => join(root, place)),
    { name },
  );
  const findings = [...nowhere.findings];
  let { files, bytes } = nowhere;
  for (const path of GUARDED.flatMap((place) => filesBelow(join(root, place), (p) => p === join(root, OF_PODS)))) {
    files++;
    readPieces(path, scanner.overlap, (piece, _at, { mode, uid }) => {
      bytes += piece.length;
      if (((mode & 0o077) === 0 && uid === 0) || !scanner.has(piece)) return;
      const detail = `mode ${(mode & 0o7777).toString(8)}, owner ${uid}`;
      findings.push({ place: name(path), what: 'a secret that others than root can read', detail });
    });
  }
  return { findings, files, bytes };
}

/** kha's home: store, logs, Temporal's database. Not its keys, and not the kubeconfig that it wrote for the user. */
export const scanHome = (scanner: Scanner, home: string): Scanned =>
  scanFiles(scanner, [home], { except: (path) => [join(home, 'keys'), join(home, 'kubeconfig')].includes(path) });
