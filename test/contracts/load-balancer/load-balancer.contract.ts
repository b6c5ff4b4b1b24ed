import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { randomInt } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadBalancerImages } from '../../../lab/cluster-file.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { filesOf, versionOf } from '../../../src/parts/load-balancer/configuration.ts';
import { LOAD_BALANCER_DIR } from '../../../src/parts/load-balancer/load-balancer.ts';
import { loadBalancer } from '../../../src/steps/load-balancer.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';
import { freePort } from '../free-port.ts';
import { until } from '../sshd.ts';
import { type ApiServer, ask, askOften, keptConnection, startApiServer } from './api-server.ts';
import { createHost, type Host, type Mode, programMissing } from './host.ts';

/**
 * What every load balancer does, seen with its real program and with the effects that bring it about on hosts.
 *
 * @param checks whether it asks API servers for their readiness, or only sees who refuses a connection
 */
export function loadBalancerContract(mode: Mode, { checks }: { checks: boolean }): void {
  const missing = programMissing(mode);
  describe.skipIf(missing !== undefined)(
    `${mode} keeps the contract of a load balancer${missing === undefined ? '' : ` (${missing})`}`,
    () => {
      let host: Host;
      let servers: ApiServer[];
      let cluster: Cluster;
      const server = (i: number): ApiServer => servers[i - 1] as ApiServer;

      // Addresses of this process alone: every API server has the same port.
      const network = `127.${randomInt(1, 255)}.${randomInt(1, 255)}`;
      const addresses = [1, 2, 3, 4].map((i) => `${network}.${i}`);
      // There is only one of IPv6's own; Envoy goes no other way, to the others it means the same.
      const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some((a) => a.address === '::1'));
      const ipv6 = mode === 'envoy' ? '::1' : `::ffff:${addresses[2]}`;
      const third = hasIpv6 ? ipv6 : addresses[2];
      beforeAll(async () => {
        servers = await Promise.all(
          [1, 2, 3].map((i) => startApiServer(`m${i}`, (i === 3 ? third : addresses[i - 1]) ?? '')),
        );
      });
      afterAll(() => Promise.all(servers.map((s) => s.be('dead'))));

      beforeEach(async () => {
        await Promise.all(servers.map((s) => s.be('ready')));
        host = createHost([mode]);
        cluster = await declared([1, 2, 3]);
      });
      afterEach(() => host.dispose());

      /** A cluster with these masters, m3 by an IPv6 address where this machine has any. */
      async function declared(masters: number[]): Promise<Cluster> {
        const made = await clusterFrom(`
name: t
hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4}
masters: [m1, m2, m3]
loadBalancer: {mode: ${mode}, image: '${loadBalancerImages[mode]}'}
timeouts: {readyMinutes: 1}
`);
        return withMasters(
          {
            ...made,
            loadBalancer: { ...made.loadBalancer, port: await freePort(), healthPort: await freePort() },
            hosts: made.hosts.map((h, i) => ({ ...h, address: (i === 2 ? third : addresses[i]) ?? '' })),
          },
          masters,
        );
      }
      const withMasters = (from: Cluster, masters: number[]): Cluster => ({
        ...from,
        roles: { ...from.roles, masters: masters.map((i) => `m${i}`) },
      });
      const withAddress = (from: Cluster, name: string, address: string): Cluster => ({
        ...from,
        hosts: from.hosts.map((h) => (h.name === name ? { ...h, address } : h)),
      });
      const node = (of = cluster) => hostNamed(of, 'w1');
      /** All that the step does but the pulling of images. */
      const effectsOf = (of = cluster): Effect[] =>
        (
          loadBalancer.effects?.({ cluster: of, next: of, facts: bareFacts(of), targets: of.hosts }, node(of)) ?? []
        ).filter((e) => e.kind !== 'image');
      const health = async (path: string, of = cluster, password = ''): Promise<[number, string]> => {
        const asWho = password === '' ? {} : { authorization: `Basic ${btoa(`kha:${password}`)}` };
        const answer = await fetch(`http://127.0.0.1:${of.loadBalancer.healthPort}${path}`, {
          headers: { connection: 'close', ...asWho },
        });
        return [answer.status, await answer.text()];
      };
      /** What this host has made for itself; no program but haproxy asks for one. */
      const statisticsPassword = (): string | undefined => {
        const path = host.path(`${LOAD_BALANCER_DIR}/statistics-users.cfg`);
        expect(existsSync(path)).toBe(mode === 'haproxy');
        if (mode !== 'haproxy') return undefined;
        expect(statSync(path).mode & 0o777).toBe(0o600);
        return / user kha insecure-password ([0-9a-f]{32})\n$/.exec(readFileSync(path, 'utf8'))?.[1] ?? 'none';
      };
      const applied = async (of = cluster): Promise<string[]> => {
        const { code, outcomes, stderr } = await host.act(effectsOf(of));
        expect(code, `${stderr}\n${host.log()}`).toBe(0);
        return outcomes;
      };
      const inForce = (of = cluster): string[] =>
        Object.keys(filesOf(of, node(of))).map((name) =>
          readFileSync(host.path(`${LOAD_BALANCER_DIR}/${name}`), 'utf8'),
        );
      const answers = (of = cluster) => askOften(of.loadBalancer.port);

      it('serves with what is declared, and a second application changes nothing', async () => {
        expect(new Set(await host.look(effectsOf()))).toEqual(new Set(['differs']));
        await applied();
        expect(await health('/healthz')).toEqual([200, '']);
        expect(await health('/configuration')).toEqual([200, versionOf(cluster, node())]);
        const password = statisticsPassword();
        if (password !== undefined) expect((await health('/statistics'))[0]).toBe(401);
        expect((await health('/statistics', cluster, password))[0]).toBe(200);
        expect((await health('/other'))[0]).toBe(404);
        await until('all have answered', async () => (await answers()).length === 3);
        expect(new Set(await applied())).toEqual(new Set(['same']));
      });

      it('leaves out who refuses connections, and takes it back', async () => {
        await server(2).be('dead');
        await applied();
        await until('it is out', async () => !(await answers()).includes('m2'));
        expect(await answers()).toEqual(['m1', 'm3']);
        await server(2).be('ready');
        await until('it is back', async () => (await answers()).includes('m2'), 15_000);
        // Nobody notices that one dies.
        await server(1).be('dead');
        expect(await answers()).not.toContain('m1');
      });

      it.runIf(checks)('sends to who is ready; where none is, all are tried', async () => {
        await Promise.all(servers.map((s) => s.be('unready')));
        await applied();
        await until('all are tried', async () => (await answers()).length === 3);
        await server(1).be('ready');
        await until('the ready one is alone', async () => (await answers()).join() === 'm1', 15_000);
        await server(2).be('ready');
        await until('another one is ready', async () => (await answers()).join() === 'm1,m2', 15_000);
      });

      it('takes up a change without dropping connections', async () => {
        await applied();
        const agent = keptConnection();
        const first = await ask(cluster.loadBalancer.port, agent);
        const socket = Object.values(agent.freeSockets)[0]?.[0];
        expect(socket).toBeDefined();
        // Others come and go meanwhile, and none fails.
        const done = new AbortController();
        let asked = 0;
        const others = (async () => {
          for (; !done.signal.aborted; asked++) await ask(cluster.loadBalancer.port);
        })();
        const fewer = withMasters(
          cluster,
          [1, 2, 3].filter((i) => `m${i}` !== (first === 'm1' ? 'm2' : 'm1')),
        );
        const outcomes = await applied(fewer);
        expect(outcomes.filter((o) => o === 'changed').length).toBeGreaterThan(1);
        expect(await health('/configuration')).toEqual([200, versionOf(fewer, node())]);
        await until('the one that is gone gets nothing any more', async () => (await answers()).length === 2);
        done.abort();
        await others;
        expect(asked).toBeGreaterThan(5);
        expect(await ask(cluster.loadBalancer.port, agent)).toBe(first);
        expect(Object.values(agent.freeSockets)[0]?.[0]).toBe(socket);
        agent.destroy();
      });

      it('listens for others as well, and for its host alone again, and nobody on its host notices', async () => {
        await applied();
        const agent = keptConnection();
        const first = await ask(cluster.loadBalancer.port, agent);
        const carrier: Cluster = {
          ...cluster,
          roles: { ...cluster.roles, lb: ['w1'] },
          loadBalancer: { ...cluster.loadBalancer, address: '10.0.0.9' },
        };
        const other = `${network}.200`;
        const done = new AbortController();
        let asked = 0;
        const own = (async () => {
          for (; !done.signal.aborted; asked++) await ask(cluster.loadBalancer.port);
        })();
        // Awaited at the end: till then nobody else sees it fail.
        own.catch(() => undefined);
        for (let round = 0; round < 3; round++) {
          await applied(carrier);
          expect(await ask(cluster.loadBalancer.port, undefined, other)).toMatch(/^m[123]$/);
          await applied();
          await until('others are refused', () =>
            ask(cluster.loadBalancer.port, undefined, other).then(
              () => false,
              () => true,
            ),
          );
        }
        done.abort();
        await own;
        expect(asked).toBeGreaterThan(20);
        expect(await ask(cluster.loadBalancer.port, agent)).toBe(first);
        agent.destroy();
      });

      it('refuses a bad configuration, and goes on with the one that it has, after a restart too', async () => {
        await applied();
        const before = inForce();
        const bad = withAddress(cluster, 'm2', '300.1.1.1');
        const { code, stderr } = await host.act(effectsOf(bad));
        expect([code, stderr]).toEqual([1, expect.stringContaining(`${mode} refuses the configuration in`)]);
        expect(stderr).toContain('300.1.1.1');
        expect(inForce()).toEqual(before);
        host.killContainer();
        await until('it is there again', () =>
          answers().then(
            (a) => a.length > 0,
            () => false,
          ),
        );
        expect(await health('/configuration')).toEqual([200, versionOf(cluster, node())]);
        const outcomes = await applied();
        expect(outcomes).toContain('changed');
        expect(await health('/configuration')).toEqual([200, versionOf(cluster, node())]);
      });

      // Envoy takes or refuses each listener by itself.
      it.skipIf(mode === 'envoy')('goes back to the former files where they are not taken up', async () => {
        await applied();
        const before = inForce();
        const taken = await freePort();
        const occupant = createServer().listen(taken, '127.0.0.1');
        const bad = { ...cluster, loadBalancer: { ...cluster.loadBalancer, port: taken } };
        const { code, stderr } = await host.act(effectsOf(bad));
        expect([code, stderr]).toEqual([1, expect.stringContaining('the former one is in force again')]);
        expect(inForce()).toEqual(before);
        expect((await answers()).length).toBeGreaterThan(0);
        // A way out, and it is taken at the next try.
        await new Promise((resolve) => occupant.close(resolve));
        await applied(bad);
        expect((await answers(bad)).length).toBeGreaterThan(0);
      });

      it('comes to the same wherever it is killed', async () => {
        for (const [i, masters] of [[1, 2], [1, 3], [2, 3], [1, 2, 3], [2]].entries()) {
          const wanted = withMasters(cluster, masters);
          let isKilled = false;
          await host.act(effectsOf(wanted), {
            onOutput: (_, kill) => {
              if (isKilled) return;
              isKilled = true;
              setTimeout(kill, i * 60);
            },
          });
          await applied(wanted);
          expect(await health('/configuration')).toEqual([200, versionOf(wanted, node())]);
          expect(inForce(wanted)).toEqual(Object.values(filesOf(wanted, node())));
          expect(new Set(await applied(wanted))).toEqual(new Set(['same']));
        }
        expect(existsSync(host.path(`${LOAD_BALANCER_DIR}/former.new`))).toBe(false);
      });
    },
  );
}
