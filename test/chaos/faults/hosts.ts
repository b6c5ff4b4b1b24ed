import { fillDisk, shiftClock } from '../../../lab/faults.ts';
import { power, sshExec } from '../../../lab/lab.ts';
import type { FaultKind, Scene } from './fault.ts';

/** Reset button of a host that is being prepared: nothing of a cluster runs on it yet. */
export const powerReset: FaultKind = {
  name: 'power-reset',
  weight: 8,
  spares: 'no command',
  strike: async (scene) => {
    const { random, resets, say } = scene;
    const host = await inPreparation(scene, random.int(0, scene.hosts.length - 1));
    if (host === undefined) return say('no host is in preparation any more');
    say(host);
    resets.set(host, (resets.get(host) ?? 0) + 1);
    await power(host, 'reset');
  },
};

async function inPreparation({ hosts }: Scene, first: number): Promise<string | undefined> {
  for (let i = 0; i < hosts.length; i++) {
    const host = hosts[(first + i) % hosts.length];
    const { code } = await sshExec(
      host?.name ?? '',
      'test ! -e /etc/kubernetes/kubelet.conf && test ! -e /var/lib/etcd/member && ! pgrep -x kubeadm',
    );
    if (code === 0) return host?.name;
  }
  return undefined;
}

/** A worker's disk is full for a while. */
export const diskFull: FaultKind = {
  name: 'disk-full',
  weight: 6,
  once: true,
  before: 0.2,
  spares: 'no command',
  strike: async ({ diskHost, random, pause, say }) => {
    if (diskHost === undefined) return say('no host has a disk of its own');
    const ms = random.int(10_000, 40_000);
    say(`${diskHost.name} for ${Math.round(ms / 1000)} s`);
    const heal = await fillDisk(diskHost.name);
    try {
      await pause(ms);
    } finally {
      await heal();
    }
  },
};

/** A host's clock is two minutes off. */
export const clockOff: FaultKind = {
  name: 'clock-off',
  weight: 6,
  once: true,
  before: 0.4,
  spares: 'no command',
  strike: async ({ hosts, random, pause, say }) => {
    const { name } = random.pick(hosts);
    const seconds = random.pick([-120, 120]);
    const ms = random.int(15_000, 40_000);
    say(`${name} by ${seconds} s for ${Math.round(ms / 1000)} s`);
    const heal = await shiftClock(name, seconds);
    try {
      await pause(ms);
    } finally {
      await heal();
    }
  },
};
