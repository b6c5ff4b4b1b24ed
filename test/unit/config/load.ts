import { KhaError } from '../../../src/cluster/error.ts';
import type { Finding } from '../../../src/cluster/error.ts';
import { type LoadClusterOptions, type LoadedCluster, loadCluster } from '../../../src/config/load.ts';

/** Loads from texts instead of files. */
export function loadTexts(
  texts: Record<string, string>,
  options: Omit<LoadClusterOptions, 'readText'> = {},
): Promise<LoadedCluster> {
  const files = options.inventory === undefined && options.files === undefined ? Object.keys(texts) : options.files;
  return loadCluster({
    ...options,
    ...(files && { files }),
    readText: async (path) => {
      const text = texts[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
  });
}

export const loadYaml = (text: string, options = {}): Promise<LoadedCluster> => loadTexts({ 'c.yaml': text }, options);

export const loadIni = (ini: string, variables?: string, options = {}): Promise<LoadedCluster> =>
  loadTexts(
    { 'hosts.ini': ini, ...(variables !== undefined && { 'vars.yaml': variables }) },
    { inventory: 'hosts.ini', ...(variables !== undefined && { extraVars: ['@vars.yaml'] }), ...options },
  );

/** `line:col severity: message` and `→ hint` of every finding, whether it loads or not. */
export async function findingsOf(loading: Promise<LoadedCluster>): Promise<string[]> {
  const findings = await loading.then(
    (loaded) => loaded.findings,
    (error: unknown) => {
      if (error instanceof KhaError && error.code === 'KHA2001') return error.findings;
      throw error;
    },
  );
  return findings.map(describeFinding);
}

function describeFinding({ place, severity, message, hint }: Finding): string {
  const at = place ? `${place.line}:${place.column} ` : '';
  return `${at}${severity}: ${message}${hint ? ` → ${hint}` : ''}`;
}
