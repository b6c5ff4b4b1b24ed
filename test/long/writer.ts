import { onHost, untilOn } from '../lab/kha.ts';
import { type Administrator, administratorOf } from './administrator.ts';

/** A time without an acknowledged write: when it began, ms since the epoch, and for how many ms it lasted. */
interface Gap {
  from: number;
  ms: number;
}

/**
 * Writes through the API of a node's own load balancer, as `kubectl` with the cluster's administrator would. It begins anew when its host
 * is rebooted; how long it was away for that is no gap, as it says nothing of the API: who wants to know that has a writer elsewhere, too.
 */
export interface Writer {
  /** Waits until it has so many writes acknowledged. */
  untilWritten: (count: number) => Promise<void>;
  /** Since this was called the last time, or `longestGap`. */
  gaps: () => Promise<Gap[]>;
  /** Longest time without a write that was acknowledged, in ms, since this was called the last time. */
  longestGap: () => Promise<number>;
  /** Goes on with this credential. */
  follow: (as: Administrator) => Promise<void>;
  /** For each reboot of its host: from the last acknowledged write before to the first one after, in ms. */
  absences: () => Promise<number[]>;
  /** Ends it. Acknowledged writes that the cluster no longer has, of so many. */
  end: () => Promise<{ acknowledged: number; lost: string[] }>;
}

const DIRECTORY = '/var/lib/writer';
const URL = 'https://127.0.0.1:8443/api/v1/namespaces/default/configmaps';
/** Keys in one object: each write sends all of it to etcd. */
const EACH = 100;
/** What stands in the place of a key where the writer was started. */
const START = 'start';

/**
 * A key each 200 ms, whether or not the one before was answered: what hangs in one API server says nothing of the others. A line `key time`
 * for each that was acknowledged; a try that fails is not made again.
 */
const script = `#!/bin/bash
cd ${DIRECTORY}
api() { local as; as=$(readlink as); curl -fsS --noproxy '*' --max-time 3 --cacert $as/ca --cert $as/cert --key $as/key -o /dev/null "$@" 2>>errors; }
make() { until api -H 'Content-Type: application/json' --data "{\\"metadata\\": {\\"name\\": \\"$1\\", \\"labels\\": {\\"written\\": \\"1\\"}}}" ${URL} || api ${URL}/$1; do sleep 0.1; done; }
write() { if api -X PATCH -H 'Content-Type: application/merge-patch+json' --data "{\\"data\\": {\\"$2\\": \\"\\"}}" ${URL}/$1; then echo "$2 $((\${EPOCHREALTIME/./} / 1000))" >>acknowledged; fi; }
own=$HOSTNAME-$EPOCHSECONDS
echo "${START} $((\${EPOCHREALTIME/./} / 1000))" >>acknowledged
make written-$own-0
for ((n = 0; ; n++)); do
  next=$((\${EPOCHREALTIME/./} + 200000))
  if ((n % ${EACH} == ${EACH / 2})); then make written-$own-$((n / ${EACH} + 1)) & fi
  write written-$own-$((n / ${EACH})) $own-$n &
  wait=$((next - \${EPOCHREALTIME/./}))
  if ((wait > 0)); then sleep $(printf '0.%06d' $wait); fi
done
`;

const unit = `[Unit]
After=network.target
[Service]
ExecStart=/bin/bash ${DIRECTORY}/run
[Install]
WantedBy=multi-user.target
`;

/** Starts it on a lab host; the credential comes from a master. */
export async function startWriter(host: string, master: string): Promise<Writer> {
  /** All three at once: the link to their directory changes in one step. */
  const follow = async (as: Administrator): Promise<void> => {
    const files = Object.entries(as).map(([name, content]) => `echo ${content} | base64 -d >$d/${name}`);
    await onHost(
      host,
      `umask 077; mkdir -p ${DIRECTORY}; d=$(mktemp -d ${DIRECTORY}/of.XXXXXX); ${files.join('; ')}; ln -sfn $d ${DIRECTORY}/new && mv -fT ${DIRECTORY}/new ${DIRECTORY}/as`,
    );
  };
  await follow(await administratorOf(master));
  await onHost(
    host,
    `cat >${DIRECTORY}/run <<'END'\n${script}END\ncat >/etc/systemd/system/writer.service <<'END'\n${unit}END\nsystemctl -q enable --now writer`,
  );
  let seen = 0;
  const lines = async (): Promise<[string, number][]> =>
    (await onHost(host, `cat ${DIRECTORY}/acknowledged 2>/dev/null || :`))
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]);
  const gaps = async (): Promise<Gap[]> => {
    const all = await lines();
    const now = Number(await onHost(host, 'date +%s%3N'));
    const times = all.slice(Math.max(0, seen - 1));
    seen = all.length;
    return times.flatMap(([key, from], i) => {
      const [next, to] = times[i + 1] ?? ['', now];
      // A start that no write came after is one.
      return next === START || (key === START && next !== '') ? [] : [{ from, ms: to - from }];
    });
  };
  return {
    follow,
    untilWritten: (count) => untilOn(host, `[ "$(wc -l <${DIRECTORY}/acknowledged)" -gt ${count} ]`, 60),
    gaps,
    longestGap: async () => Math.max(...(await gaps()).map(({ ms }) => ms)),
    absences: async () => {
      const all = await lines();
      return all.flatMap(([key], i) => {
        const [before, after] = [all[i - 1], all[i + 1]];
        return key === START && before && after ? [after[1] - before[1]] : [];
      });
    },
    end: async () => {
      await onHost(host, 'systemctl -q disable --now writer');
      const keys = (await lines()).map(([key]) => key).filter((key) => key !== START);
      const there = await onHost(
        host,
        `curl -fsS --noproxy '*' --cacert ${DIRECTORY}/as/ca --cert ${DIRECTORY}/as/cert --key ${DIRECTORY}/as/key '${URL}?labelSelector=written=1'; rm -r ${DIRECTORY} /etc/systemd/system/writer.service`,
      );
      const kept = new Set(
        (JSON.parse(there) as { items: { data?: Record<string, string> }[] }).items.flatMap(({ data }) =>
          Object.keys(data ?? {}),
        ),
      );
      return { acknowledged: keys.length, lost: keys.filter((key) => !kept.has(key)) };
    },
  };
}
