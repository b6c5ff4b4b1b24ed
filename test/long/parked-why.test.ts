import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { whyNoLab } from '../../lab/machine.ts';
import { waitUntil } from '../../lab/wait.ts';
import { findProgram } from '../../src/adapters/temporal-dev-server/find-program.ts';
import { findHome } from '../../src/home.ts';
import type { Ended } from '../lab/ended.ts';
import { freshHosts, judgeCluster, type Kha, writeClusterFile } from '../lab/kha.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';

const reason = whyNoLab();

/** Each is a mistake that only a program on the host notices: who, in the file's words, and what it says of it. */
const mistakes = {
  etcd: 'etcd: {extraArgs: {auto-compaction-mode: nonsense}}\n',
  kubelet: 'kubelet: {no-such-flag: "1"}',
  apiServer: 'apiServer: {no-such-flag: "1"}',
};

describe.skipIf(reason !== undefined)(
  `what parks tells why, in the words of who knows${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let kha: Kha;
    const files: Record<string, string> = {};

    const retryWith = async (file: string): Promise<Ended> => {
      ends(await kha.run('retry', 'demo', '-f', file, '--yes'), 0);
      return kha.run('status', 'demo', '-w');
    };
    const signal = async (...args: string[]): Promise<void> => {
      const { port } = JSON.parse(readFileSync(join(kha.home, 'temporal/server.json'), 'utf8')) as { port: number };
      const program = await findProgram(findHome(), () => undefined);
      const to = ['--address', `127.0.0.1:${port}`, '--workflow-id', 'kha/demo'];
      await promisify(execFile)(program, ['workflow', 'signal', ...to, ...args]);
    };

    beforeAll(async () => {
      const hosts = await freshHosts(2);
      kha = await servedKha();
      const file = (name: string, change: (text: string) => string): void => {
        files[name] = writeClusterFile(
          kha,
          { hosts, masters: 1, workers: 1 },
          (text) => `${change(text)}timeouts: {readyMinutes: 1}\n`,
          `${name}.yaml`,
        );
      };
      const withArgs = (args: string) => (text: string) => text.replace(/^kubernetes:$/m, `$&\n  extraArgs: {${args}}`);
      file('good', (text) => text);
      file('etcd', (text) => text + mistakes.etcd);
      file('kubelet', withArgs(mistakes.kubelet));
      file('apiServer', withArgs(mistakes.apiServer));
    });
    endSuite(() => kha);

    it("shows etcd's own words where etcd ends at once", async () => {
      ends(await kha.run('start-workflow', 'init-cluster', '-f', files['etcd'] ?? ''), 7);
      const { stdout } = await kha.run('status', 'demo');
      expect(stdout).toMatch(
        /! .*etcd.*\n.*not so after 60 s[\s\S]*--- container etcd on m1: ended with exit code \d+, started \d times/,
      );
      expect(stdout).toMatch(/│ .*nonsense/);
      expect(stdout).toContain('then: kha retry demo check-etcd/m1');
    });

    it('hears a signal of the temporal program, and says what it does not understand', async () => {
      await signal('--name', 'skip');
      await signal('--name', 'retry', '--input', '"check-etdc/m1"');
      const said = await waitUntil(async () => {
        const { stdout } = await kha.run('status', 'demo');
        return /not heeded: skip is not understood: it names no task[\s\S]*not heeded: retry of check-etdc\/m1: there is no such task/.test(
          stdout,
        );
      }, 20);
      expect(said).toBe(true);
      const misspelt = await kha.run('skip', 'demo', 'check-etdc/m1', '--reason', 'x', '--yes');
      ends(misspelt, 3);
      expect(misspelt.stderr).toContain('Did you mean check-etcd/m1?');
    });

    it("shows kubelet's own words where kubelet ends at once", async () => {
      ends(await retryWith(files['kubelet'] ?? ''), 7);
      const { stdout } = await kha.run('status', 'demo');
      expect(stdout).toMatch(/kubeadm init failed on m1[\s\S]*--- kubelet on m1\n[\s\S]*unknown flag: --no-such-flag/);
    });

    it("shows the API server's own words where it ends at once, and no token", async () => {
      ends(await retryWith(files['apiServer'] ?? ''), 7);
      const { stdout } = await kha.run('status', 'demo');
      expect(stdout).toMatch(
        /kubeadm init failed on m1[\s\S]*--- container kube-apiserver on m1: ended with exit code \d+[\s\S]*unknown flag: --no-such-flag/,
      );
      expect(stdout + (await kha.ok('logs', 'demo'))).not.toMatch(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/);
    });

    it('ends when it is aborted, and a new run goes on from there', async () => {
      await signal('--name', 'abort', '--input', '"back to the drawing board"');
      const over = await kha.run('status', 'demo', '-w');
      ends(over, 6);
      expect(over.stderr).toContain('was aborted: back to the drawing board');
      ends(await kha.run('start-workflow', 'init-cluster', '-f', files['good'] ?? '', '--accept-changes'), 0);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
    });
  },
);
