import { sshExec } from '../../../lab/lab.ts';
import { collectSecrets } from './collect-secrets.ts';
import type { Finding } from './finding.ts';
import type { KhaEnvironment } from './home-secrets.ts';
import { hostRoots } from './host-processes.ts';
import { type ProcessSamples, scanProcesses } from './process-samples.ts';
import { scanFiles, scanHome, scanHostFiles, type Scanned } from './scan-files.ts';
import { scanHistories } from './scan-histories.ts';
import { createScanner, type Scanner } from './scan-text.ts';
import type { Secret } from './secret.ts';

export interface SecretScan {
  /** `serve` must have been called: Temporal is asked for its histories. */
  kha: { home: string; env?: KhaEnvironment };
  /** Hosts of the cluster; all must be on. */
  hosts: readonly { name: string }[];
  /** Of `sampleProcesses`, from before the operation until now. */
  samples: ProcessSamples;
  /** Known to the caller alone, as passwords that it gave by hand. */
  secrets?: readonly Secret[];
  /** More folders of this machine in which nothing may be: homes of other workers, the files of a database server. */
  folders?: readonly string[];
  /** What else was written, as the output of commands: text by name. */
  texts?: Record<string, string>;
}

export interface SecretReport {
  findings: Finding[];
  /** What was looked for and through. */
  secrets: number;
  files: number;
  bytes: number;
  words: number;
}

/**
 * Looks for everything secret of a cluster in all that an operation wrote and showed: kha's home with Temporal's database,
 * histories decrypted, processes as they were sampled, files and journals of hosts.
 */
export async function scanForSecrets({
  kha,
  hosts,
  samples,
  secrets = [],
  folders = [],
  texts = {},
}: SecretScan): Promise<SecretReport> {
  const names = hosts.map((host) => host.name);
  const env = { ...process.env, ...kha.env, KHA_HOME: kha.home };
  const all = [...(await collectSecrets(env, names)), ...samples.tokens, ...secrets];
  const scanner = createScanner(all);
  const roots = hostRoots();
  const parts: Scanned[] = [
    scanHome(scanner, kha.home),
    scanFiles(scanner, folders),
    await scanHistories(scanner, env),
  ];
  for (const name of names) {
    parts.push(scanHostFiles(scanner, name, roots.get(name) ?? ''), await scanJournal(scanner, name));
  }
  const findings = [
    ...parts.flatMap((part) => part.findings),
    ...scanProcesses(scanner, samples),
    ...Object.entries(texts).flatMap(([name, text]) => scanner.scan(name, Buffer.from(text))),
  ];
  const sum = (of: (part: Scanned) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    findings,
    secrets: all.length,
    files: sum((p) => p.files),
    bytes: sum((p) => p.bytes),
    words: samples.words.length,
  };
}

/** Messages, and command lines of those who wrote them. The files hold the longer ones compressed. */
async function scanJournal(scanner: Scanner, host: string): Promise<Scanned> {
  const { code, stdout, stderr } = await sshExec(
    host,
    'journalctl --no-pager -o export --output-fields=MESSAGE,_CMDLINE',
  );
  if (code !== 0) throw new Error(`${host}: the journal can't be read: ${stderr}`);
  const text = Buffer.from(stdout);
  return { findings: scanner.scan(`journal of ${host}`, text), files: 1, bytes: text.length };
}
