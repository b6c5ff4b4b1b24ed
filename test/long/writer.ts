import { onHost } from '../lab/kha.ts';

/** Writes through the API of a node's own load balancer, as `kubectl` with the cluster's administrator would. */
export interface Writer {
  /** Longest time without a write that was acknowledged, in ms, since this was called the last time. */
  longestGap: () => Promise<number>;
  /** Goes on with the credential of this admin.conf. */
  follow: (admin: string) => Promise<void>;
  /** Ends it. Acknowledged writes that the cluster no longer has, of so many. */
  end: () => Promise<{ acknowledged: number; lost: string[] }>;
}

const DIRECTORY = '/run/writer';
const URL = 'https://127.0.0.1:8443/api/v1/namespaces/default/configmaps';
/** Keys in one object: each write sends all of it to etcd. */
const EACH = 100;

/** A key each 100 ms, and a line `key time` for each that was acknowledged. A try that fails is not made again. */
const script = `#!/bin/bash
cd ${DIRECTORY}
api() { local as; as=$(readlink as); curl -fsS --noproxy '*' --max-time 3 --cacert $as/ca --cert $as/cert --key $as/key -o /dev/null "$@" 2>>errors; }
for ((n = 0; ; n++)); do
  object=written-$((n / ${EACH})) next=$((\${EPOCHREALTIME/./} + 100000))
  if ((n % ${EACH} == 0)); then
    until api -H 'Content-Type: application/json' --data "{\\"metadata\\": {\\"name\\": \\"$object\\", \\"labels\\": {\\"written\\": \\"1\\"}}}" ${URL} || [ -n "$(api ${URL}/$object && echo there)" ]; do sleep 0.1; done
  fi
  if api -X PATCH -H 'Content-Type: application/merge-patch+json' --data "{\\"data\\": {\\"n$n\\": \\"\\"}}" ${URL}/$object; then echo "n$n $((\${EPOCHREALTIME/./} / 1000))" >>acknowledged; fi
  wait=$((next - \${EPOCHREALTIME/./}))
  if ((wait > 0)); then sleep $(printf '0.%06d' $wait); fi
done
`;

/** Starts it on a lab host; the credential comes from a master. */
export async function startWriter(host: string, master: string): Promise<Writer> {
  const parts = { ca: 'certificate-authority-data', cert: 'client-certificate-data', key: 'client-key-data' };
  /** All three at once: the link to their directory changes in one step. */
  const follow = async (admin: string): Promise<void> => {
    const files = Object.entries(parts).map(([name, field]) => {
      const content = new RegExp(`${field}: (\\S+)`).exec(admin)?.[1];
      if (content === undefined) throw new Error(`admin.conf of ${master} has no ${field}`);
      return `echo ${content} | base64 -d >$d/${name}`;
    });
    await onHost(
      host,
      `umask 077; mkdir -p ${DIRECTORY}; d=$(mktemp -d ${DIRECTORY}/of.XXXXXX); ${files.join('; ')}; ln -sfn $d ${DIRECTORY}/new && mv -fT ${DIRECTORY}/new ${DIRECTORY}/as`,
    );
  };
  await follow(await onHost(master, 'cat /etc/kubernetes/admin.conf'));
  await onHost(host, `cat >${DIRECTORY}/run <<'END'\n${script}END\nsystemd-run -q --unit writer bash ${DIRECTORY}/run`);
  let seen = 0;
  const acknowledged = async (): Promise<[string, number][]> =>
    (await onHost(host, `cat ${DIRECTORY}/acknowledged 2>/dev/null || :`))
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]);
  return {
    follow,
    longestGap: async () => {
      const all = await acknowledged();
      const now = Number(await onHost(host, 'date +%s%3N'));
      const times = [...all.slice(Math.max(0, seen - 1)).map(([, time]) => time), now];
      seen = all.length;
      return Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time)));
    },
    end: async () => {
      await onHost(host, 'systemctl stop writer');
      const all = await acknowledged();
      const there = await onHost(
        host,
        `curl -fsS --noproxy '*' --cacert ${DIRECTORY}/as/ca --cert ${DIRECTORY}/as/cert --key ${DIRECTORY}/as/key '${URL}?labelSelector=written=1'`,
      );
      const kept = new Set(
        (JSON.parse(there) as { items: { data?: Record<string, string> }[] }).items.flatMap(({ data }) =>
          Object.keys(data ?? {}),
        ),
      );
      return { acknowledged: all.length, lost: all.map(([key]) => key).filter((key) => !kept.has(key)) };
    },
  };
}
