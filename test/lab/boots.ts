import type { LabHost } from '../../lab/lab.ts';
import { kubectl, onHost } from './kha.ts';

export const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id';

export const bootIds = (hosts: readonly LabHost[]): Promise<string[]> =>
  Promise.all(hosts.map(({ name }) => onHost(name, BOOT_ID)));

const unit = `[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo start >>/var/log/starts'
[Install]
WantedBy=multi-user.target
`;

/** From now on each start of systemd leaves a line. */
export async function countStarts(hosts: readonly LabHost[]): Promise<void> {
  const file = '/etc/systemd/system/count-starts.service';
  const command = `cat >${file} <<'END'\n${unit}END\nsystemctl -q enable count-starts`;
  await Promise.all(hosts.map(({ name }) => onHost(name, command)));
}

/** How often each was started since it is counted. */
export const startsOf = (hosts: readonly LabHost[]): Promise<number[]> =>
  Promise.all(hosts.map(async ({ name }) => Number(await onHost(name, 'cat /var/log/starts 2>/dev/null | wc -l'))));

/** Whether a node is cordoned, and by which run of kha: `true 0123…`; '' where it is not. */
export const cordoned = (master: string, node: string): Promise<string> =>
  onHost(
    master,
    `${kubectl} get node ${node} -o jsonpath='{.spec.unschedulable} {.metadata.annotations.kha/cordoned-by}'`,
  );
