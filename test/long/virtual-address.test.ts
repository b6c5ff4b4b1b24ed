import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type LabHost, power } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { judgeCluster, type Kha, onHost, untilOn, writeClusterFile } from '../lab/kha.ts';
import { readyHosts } from '../lab/ready-hosts.ts';
import { standingOf } from '../lab/standing.ts';
import { ends, endSuite, servedKha } from '../lab/suite.ts';

const reason = whyNoLab();
const VIP = '10.88.0.100';

describe.skipIf(reason !== undefined)(
  `load balancer hosts with a virtual address${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let hosts: LabHost[];
    let kha: Kha;
    let found: string[];
    let file: string;
    const [balancers, worker] = [['h3', 'h4'], 'h2'];
    const ask = `curl -fsS --noproxy '*' --max-time 1 --cacert /etc/kubernetes/pki/ca.crt -o /dev/null https://${VIP}:8443/readyz`;

    /** Who has the address, of those that are up. */
    const carriers = async (of: readonly string[] = balancers): Promise<string[]> => {
      const found = await Promise.all(
        of.map(async (h) => [h, await onHost(h, `ip -o addr | grep -c ' ${VIP}/' || :`)]),
      );
      return found.flatMap(([host = '', count]) => (count === '1' ? [host] : []));
    };
    /** Times at which somebody who asks ten times a second on the worker got no answer, ms since the epoch. */
    const refused = async (since: number): Promise<number[]> =>
      (await onHost(worker, 'cat /run/refused 2>/dev/null || :'))
        .split('\n')
        .filter(Boolean)
        .map(Number)
        .filter((time) => time >= since);
    const now = async (): Promise<number> => Number(await onHost(worker, 'date +%s%3N'));

    beforeAll(async () => {
      hosts = await readyHosts(4);
      found = await standingOf('h4');
      kha = await servedKha();
    }, 1_800_000);
    endSuite(() => kha);

    it('lead to the API servers, and a second run changes nothing', async () => {
      file = writeClusterFile(kha, { hosts, masters: 1, workers: 1 }, (text) => {
        const document = parse(text) as { hosts: object };
        const [l1, l2] = hosts.slice(2).map(({ address, hostKey }) => ({ address, ssh: { hostKeys: [hostKey] } }));
        return stringify({
          ...document,
          hosts: { ...document.hosts, l1, l2 },
          loadBalancer: {
            mode: 'haproxy',
            image: 'docker.io/library/haproxy:2.6.12',
            hosts: ['l1', 'l2'],
            address: VIP,
            keepalived: { image: 'docker.io/osixia/keepalived:2.2.7' },
          },
        });
      });
      const made = await kha.run('start-workflow', 'init-cluster', '-f', file);
      expect(made.code, made.stderr + made.stdout).toBe(0);
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
      expect(await carriers()).toHaveLength(1);
      expect(await onHost(worker, 'ls /etc/kubernetes/manifests')).toBe('');
      expect(await onHost(worker, "sed -n 's/^ *server: //p' /etc/kubernetes/kubelet.conf")).toBe(
        `https://${VIP}:8443`,
      );
      const again = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(again.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');
    });

    it('hand the address on within five seconds when one dies, and it does not go back', async () => {
      const each = `while :; do ${ask} || date +%s%3N >>/run/refused; sleep 0.1; done`;
      await onHost(worker, `systemd-run -q --unit asking sh -c "${each}"`);
      const [active = ''] = await carriers();
      const [other = ''] = balancers.filter((h) => h !== active);
      const begin = await now();
      await power(active, 'off');
      await untilOn(other, `ip -o addr | grep -q ' ${VIP}/'`, 10);
      await untilOn(worker, ask, 10);
      const outage = await refused(begin);
      console.error(`the address was away for ${(outage.at(-1) ?? begin) - begin} ms`);
      expect((outage.at(-1) ?? begin) - begin).toBeLessThanOrEqual(5000);

      const back = await now();
      await power(active, 'on');
      await untilOn(active, 'crictl ps --name keepalived -q | grep -q .', 120);
      await onHost(active, 'sleep 10');
      expect(await carriers()).toEqual([other]);
      expect(await refused(back)).toEqual([]);
    });

    it('hand it on when the proxy of one does not answer', async () => {
      const [active = ''] = await carriers();
      const [other = ''] = balancers.filter((h) => h !== active);
      const begin = await now();
      await onHost(active, 'pkill -STOP -x haproxy');
      await untilOn(other, `ip -o addr | grep -q ' ${VIP}/'`, 30);
      await untilOn(worker, ask, 10);
      console.error(`a proxy that hangs: ${((await refused(begin)).at(-1) ?? begin) - begin} ms`);
      await onHost(active, 'pkill -CONT -x haproxy || :');
      expect(await carriers()).toEqual([other]);
    });

    it('are added and taken back, and leave by a file that has them no more', async () => {
      const peers = () => onHost('h3', 'cat /etc/kubernetes/kha/keepalived/keepalived.conf');
      const begin = await now();
      ends(await kha.run('start-workflow', 'add-lb', '--host', 'm1'));
      expect(await onHost('h1', 'ls /etc/kubernetes/manifests')).toContain('kha-keepalived.yaml');
      expect(await peers()).toContain(hosts[0]?.address);
      ends(await kha.run('start-workflow', 'remove-lb', '--host', 'm1', '--yes'));
      expect(await onHost('h1', 'ls /etc/kubernetes/manifests /etc/kubernetes/kha')).not.toMatch(
        /keepalived|load-balancer/,
      );
      expect(await peers()).not.toContain(hosts[0]?.address);
      expect(await refused(begin)).toEqual([]);
      const again = await kha.run('start-workflow', 'init-cluster', '--cluster', 'demo');
      expect(again.stderr, await kha.ok('status', 'demo')).toContain('nothing to change');

      const before = await now();
      const document = parse(readFileSync(file, 'utf8')) as { hosts: Record<string, object>; loadBalancer: object };
      delete document.hosts['l2'];
      writeFileSync(file, stringify({ ...document, loadBalancer: { ...document.loadBalancer, hosts: ['l1'] } }));
      ends(await kha.run('apply', '-f', file, '--yes'));
      expect(await carriers(['h3'])).toEqual(['h3']);
      const away = await refused(before);
      console.error(`the one that has it leaves: ${(away.at(-1) ?? before) - (away[0] ?? before)} ms`);
      expect((away.at(-1) ?? before) - (away[0] ?? before)).toBeLessThanOrEqual(5000);
      const after = await standingOf('h4');
      expect(after.filter((line) => !found.includes(line))).toEqual([]);
      expect(found.filter((line) => !after.includes(line))).toEqual([]);
      expect((await kha.run('apply', '-f', file)).stderr).toContain('Nothing differs');
      await judgeCluster({ master: 'h1', etcd: 'h1' }, ['m1', 'w1'], 1);
    });
  },
);
