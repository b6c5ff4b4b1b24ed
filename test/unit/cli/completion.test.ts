import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Candidates, complete, type Lookup } from '../../../src/cli/completion/complete.ts';
import { completionScripts } from '../../../src/cli/completion/scripts.ts';

const lookup: Lookup = async (kind, { cluster }) => {
  const names: Record<string, string[]> = {
    cluster: ['demo', 'dev'],
    host: ['m1', 'w1'],
    task: cluster === undefined ? [] : [`etcd/${cluster}`],
    step: ['etcd', 'join-master'],
    operation: ['init-cluster'],
  };
  return kind === 'file' ? 'files' : (names[kind] ?? []).map((value) => ({ value }));
};
const at = async (...words: string[]): Promise<Candidates | string[]> => {
  const found = await complete(words, lookup);
  return found === 'files' ? found : found.map((c) => c.value);
};

describe('complete', () => {
  it('knows commands and the words of groups', async () => {
    expect(await at('st')).toEqual(['start-workflow', 'status', 'store']);
    expect(await at('secret', '')).toEqual(['put', 'list', 'rm']);
    expect(await at('help', 'exit')).toEqual(['exit-codes']);
  });
  it('knows options, and not again those that were given', async () => {
    expect(await at('start-workflow', 'init-cluster', '--accept-')).toEqual(['--accept-changes', '--accept-host-keys']);
    expect(await at('start-workflow', '--accept-changes', '--accept-')).toEqual(['--accept-host-keys']);
  });
  it('knows values of options', async () => {
    expect(await at('start-workflow', '-f', '')).toBe('files');
    expect(await at('start-workflow', '--on-failure', '')).toEqual(['park', 'abort']);
    expect(await at('start-workflow', '--only', 'j')).toEqual(['join-master']);
    expect(await at('start-workflow', '--only=j')).toEqual(['--only=join-master']);
    expect(await at('status', '--color', 'a')).toEqual(['auto', 'always']);
  });
  it('knows arguments by their place, and tasks of the cluster that was named', async () => {
    expect(await at('status', 'de')).toEqual(['demo', 'dev']);
    expect(await at('retry', 'demo', '')).toEqual(['etcd/demo']);
    expect(await at('retry', '--all', 'dev', '')).toEqual(['etcd/dev']);
    expect(await at('start-workflow', '')).toEqual(['init-cluster']);
    expect(await at('get', 'cl')).toEqual(['clusters', 'cluster']);
    expect(await at('status', 'demo', '')).toEqual([]);
  });
});

describe('the script for bash', () => {
  it('asks kha and offers what it says', () => {
    const script = `
kha() { shift; printf '%s\\twhat it is\\n' "got:$*"; }
compopt() { :; }
${completionScripts.bash}
COMP_WORDS=(kha status de); COMP_CWORD=2; _kha; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe('got:status de\n');
  });
  it('lets bash complete files', () => {
    const script = `
kha() { echo :files; }
compopt() { :; }
${completionScripts.bash}
cd /etc; COMP_WORDS=(kha validate -f host); COMP_CWORD=3; _kha; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n')).toContain('hosts');
  });
});
