import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/activities/diagnose.ts';
import type { Session } from '../../../src/activities/session.ts';
import { KhaError } from '../../../src/cluster/error.ts';

interface Answer {
  exitCode?: number;
  stdout?: string;
  stderr?: string;
}

/** A host that answers looks by their title. */
function hostThat(answers: Record<string, Answer>): { session: Session; asked: string[] } {
  const asked: string[] = [];
  const never = () => Promise.reject(new Error('not part of this test'));
  const look: Session['look'] = async (title) => {
    asked.push(title);
    const { exitCode = 0, stdout = '', stderr = '' } = answers[title] ?? {};
    return { exitCode, stdout, stderr, startedAt: 0, endedAt: 1 };
  };
  const host = { name: 'm1' } as Session['host'];
  return { asked, session: { host, isRunning: async () => false, look, read: never, job: never } };
}

const container = (name: string, state: string, more: { attempt?: number; age?: number } = {}) => ({
  id: `id-${name}-${more.attempt ?? 0}`,
  metadata: { name, ...(more.attempt === undefined ? {} : { attempt: more.attempt }) },
  state: `CONTAINER_${state}`,
  createdAt: String(1_700_000_000_000_000_000n - BigInt(more.age ?? 0) * 1_000_000_000n),
});
const ended = (exitCode: number, reason?: string, message?: string): Answer => ({
  stdout: JSON.stringify({ status: { exitCode, reason, message } }),
});
const listing = (...containers: ReturnType<typeof container>[]): Answer => ({ stdout: JSON.stringify({ containers }) });

describe('diagnose', () => {
  it("tells the container's own words last, of its latest try, in words and without secrets", async () => {
    const { session } = hostThat({
      "kubelet's journal": {
        stdout: [
          'I1123 17:00:00.1 1 kubelet.go:1] all is well',
          'E1123 17:00:01.1 1 pod_workers.go:1] "Error syncing pod" err="back-off 10s restarting etcd"',
          'E1123 17:00:02.2 1 pod_workers.go:1] "Error syncing pod" err="back-off 20s restarting etcd"',
          'I1123 17:00:03.1 1 kubelet.go:1] "using" token="abcdef.0123456789abcdef"',
        ].join('\n'),
      },
      containers: listing(
        container('etcd', 'EXITED', { attempt: 1, age: 20 }),
        container('etcd', 'EXITED', { attempt: 2 }),
        container('nginx', 'RUNNING', { attempt: 0 }),
      ),
      'last words of etcd': {
        stdout: [
          '{"level":"info","ts":"x","caller":"y","msg":"starting"}',
          '{"level":"fatal","ts":"x","caller":"y","msg":"cannot start","error":"bad \\u001b[31mtoken\\u001b[0m abcdef.0123456789abcdef","stacktrace":"z"}',
        ].join('\n'),
      },
      'how etcd ended': ended(1, 'Error'),
    });
    expect(await diagnose(session, ['etcd'])).toEqual({
      isIll: true,
      isCrashing: true,
      lines: [
        '--- kubelet on m1',
        'E1123 17:00:02.2 1 pod_workers.go:1] "Error syncing pod" err="back-off 20s restarting etcd"',
        '--- container etcd on m1: ended with exit code 1, started 3 times',
        'fatal: cannot start error=bad token (secret)',
      ],
    });
  });

  it('says how one ended that never spoke', async () => {
    const { session } = hostThat({
      containers: listing(container('etcd', 'EXITED')),
      'how etcd ended': ended(128, 'StartError', 'exec: "etcdd": executable file not found in $PATH'),
    });
    const { lines, isCrashing } = await diagnose(session);
    expect(lines).toEqual([
      '--- container etcd on m1: ended with exit code 128',
      'StartError exec: "etcdd": executable file not found in $PATH',
    ]);
    expect(isCrashing).toBe(false);
  });

  it('takes kubelet for the reason where it does not run', async () => {
    const { session } = hostThat({
      "kubelet's journal": {
        stdout: 'kubelet is activating\nError: unknown flag: --x\nkubelet.service: Scheduled restart job',
      },
      containers: listing(),
    });
    expect(await diagnose(session, ['kube-apiserver'])).toEqual({
      isIll: true,
      isCrashing: true,
      lines: [
        '--- containers on m1',
        'There is no container kube-apiserver.',
        '--- kubelet on m1',
        'kubelet is activating',
        'Error: unknown flag: --x',
      ],
    });
  });

  it('asks one that runs too, where the failure is about it, and no other', async () => {
    const { session, asked } = hostThat({
      containers: listing(container('kube-apiserver', 'RUNNING'), container('etcd', 'RUNNING')),
      'last words of kube-apiserver': { stdout: 'I1123 waiting\nI1123 for etcd\n' },
      'how kube-apiserver ended': ended(0),
    });
    expect(await diagnose(session, ['kube-apiserver'])).toEqual({
      isIll: false,
      isCrashing: false,
      lines: ['--- container kube-apiserver on m1: runs', 'I1123 waiting', 'I1123 for etcd'],
    });
    expect(asked).not.toContain('last words of etcd');
  });

  it('leaves out what only suffers from it', async () => {
    const { session, asked } = hostThat({
      containers: listing(
        container('etcd', 'RUNNING'),
        container('kube-apiserver', 'EXITED', { attempt: 7 }),
        container('kube-scheduler', 'RUNNING', { attempt: 2 }),
      ),
    });
    expect(await diagnose(session, ['etcd'])).toMatchObject({ isIll: false, isCrashing: false });
    expect(asked.filter((title) => title.startsWith('last words'))).toEqual(['last words of etcd']);
    expect(await diagnose(session, ['kube-apiserver'])).toMatchObject({ isIll: true, isCrashing: true });
    expect(asked).not.toContain('last words of kube-scheduler');
    // With nothing to go by all are asked.
    expect(await diagnose(session)).toMatchObject({ isCrashing: true });
    expect(asked).toContain('last words of kube-scheduler');
  });

  it('tells of the runtime where that does not answer', async () => {
    const { session } = hostThat({
      containers: { exitCode: 1, stderr: 'connect: no such file or directory' },
      "containerd's journal": { stdout: 'containerd is failed\ntoml: expected newline' },
    });
    const { lines } = await diagnose(session, ['etcd']);
    expect(lines).toEqual([
      '--- crictl on m1',
      'connect: no such file or directory',
      '--- containerd on m1',
      'containerd is failed',
      'toml: expected newline',
    ]);
  });

  it('hides no failure behind one of its own', async () => {
    const { session } = hostThat({});
    const lost = {
      ...session,
      look: () => Promise.reject(new KhaError('no route', { code: 'KHA3001', blame: 'host' })),
    };
    expect((await diagnose(lost, ['etcd'])).lines).toEqual(['Nothing more is known of m1: no route']);
  });

  it('is bounded, however much is said', async () => {
    const { session } = hostThat({
      "kubelet's journal": {
        stdout: Array.from(
          { length: 300 },
          (_, i) => `E1123 ${'x'.repeat(900)}${'abcdefghij'[i % 10]}${'klmnopqrst'[Math.floor(i / 10) % 10]}`,
        ).join('\n'),
      },
      containers: listing(
        ...['etcd', 'kube-apiserver', 'kube-scheduler', 'kube-controller-manager'].map((n) =>
          container(n, 'EXITED', { attempt: 9 }),
        ),
      ),
      'last words of etcd': {
        stdout: Array.from(
          { length: 100 },
          (_, i) => `line ${'abcdefghij'[i % 10]}${'abcdefghij'[Math.floor(i / 10)]}`,
        ).join('\n'),
      },
    });
    const { lines } = await diagnose(session, ['etcd']);
    expect(lines.length).toBeLessThanOrEqual(40);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(510);
  });
});
