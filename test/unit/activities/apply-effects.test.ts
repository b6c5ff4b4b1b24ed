import { describe, expect, it } from 'vitest';
import { applyEffects } from '../../../src/activities/apply-effects.ts';
import type { Session } from '../../../src/activities/session.ts';
import { KhaError } from '../../../src/cluster/error.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { images } from '../../../src/graph/effects/image.ts';
import { wait } from '../../../src/graph/effects/wait.ts';
import { sh } from '../../../src/formats/sh.ts';
import { packages } from '../../../src/graph/effects/package.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';

/** A host where the look finds the one effect missing, and the act fails with these words. */
const failing = (stderr: string): Session => {
  const never = () => Promise.reject(new Error('not part of this test'));
  return {
    host: { name: 'm1' } as Session['host'],
    isRunning: async () => false,
    look: never,
    read: async () => '@@kha 0 differs missing\n',
    job: async () => ({
      exitCode: 1,
      stdout: '@@kha 0 acting missing\n@@kha 0 failed exit code 1\n',
      stderr,
      startedAt: 0,
      endedAt: 1,
      attached: false,
    }),
  };
};

async function failureOf(effect: Effect, stderr: string): Promise<KhaError> {
  const error = await applyEffects(failing(stderr), createMemoryStore(), [effect], () => undefined).catch(
    (e: unknown) => e,
  );
  if (error instanceof KhaError) return error;
  throw new Error(`expected a KhaError, got ${String(error)}`);
}

describe('an effect that fails', () => {
  it('says what, the last lines and the way out', async () => {
    const error = await failureOf(packages(['kubelet=1']), 'E: Unable to locate package kubelet\n');
    expect(error).toMatchObject({
      code: 'KHA3100',
      where: 'm1',
      final: false,
      lastLines: ['E: Unable to locate package kubelet'],
    });
    expect(error.hint).toContain('apt-cache policy');
  });

  it.each([
    ['crictl: rpc error: code = NotFound desc = failed to pull: registry.k8s.io/etcd:9: not found', true],
    [
      'crictl: rpc error: code = Unknown desc = failed to pull: dial tcp 10.0.0.9:5000: connect: connection refused',
      false,
    ],
    ['crictl: rpc error: code = DeadlineExceeded desc = context deadline exceeded', false],
  ])('is not tried again at once where the registry has no such image: %s', async (stderr, final) => {
    expect((await failureOf(images(['registry.k8s.io/etcd:9']), stderr)).final).toBe(final);
  });

  it('is one that the host did not report on, whatever the exit code: a full disk cuts the script short', async () => {
    const session: Session = {
      ...failing(''),
      job: async () => ({ exitCode: 0, stdout: '', stderr: '', startedAt: 0, endedAt: 1, attached: false }),
    };
    const error = await applyEffects(session, createMemoryStore(), [packages(['kubelet=1'])], () => undefined).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: 'KHA3100', where: 'm1', final: false });
    expect((error as KhaError).message).toBe('the host reported on 0 of 1 effects only');
  });

  it('lets the container speak that was waited for in vain, and does not wait another time', async () => {
    const session = failing('not so after 60 s: nginx answers\n');
    const answers: Record<string, string> = {
      containers: JSON.stringify({
        containers: [{ id: 'c1', metadata: { name: 'nginx' }, state: 'CONTAINER_EXITED', createdAt: '1' }],
      }),
      'last words of nginx': '2026/11/23 17:00:00 [emerg] host not found in upstream "m1"',
      'how nginx ended': JSON.stringify({ status: { exitCode: 1, reason: 'Error' } }),
    };
    const look: Session['look'] = async (title) => ({
      exitCode: 0,
      stdout: answers[title] ?? '',
      stderr: '',
      startedAt: 0,
      endedAt: 1,
    });
    const effect = wait('nginx answers', { probe: sh`false`, timeoutSeconds: 60, containers: ['nginx'] });
    const error = await applyEffects({ ...session, look }, createMemoryStore(), [effect], () => undefined).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({
      final: true,
      lastLines: [
        'not so after 60 s: nginx answers',
        '--- container nginx on m1: ended with exit code 1',
        '2026/11/23 17:00:00 [emerg] host not found in upstream "m1"',
      ],
    });
  });
});
