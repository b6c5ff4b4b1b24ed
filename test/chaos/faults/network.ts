import { breakMirror, cutConnections, pullCable, restartSshd, slowLine, stopMirror } from '../../../lab/faults.ts';
import type { FaultKind } from './fault.ts';

/** An upgrade of sshd: connections stay. */
export const sshdRestarted: FaultKind = {
  name: 'sshd-restarted',
  weight: 5,
  spares: 'all commands',
  strike: ({ hosts, random }) => restartSshd(random.pick(hosts).name),
};

/** All connections to a host break, whatever goes over them: a command, an upload. */
export const connectionsCut: FaultKind = {
  name: 'connections-cut',
  weight: 10,
  spares: 'all commands',
  strike: async ({ hosts, random, pause }) => {
    for (let left = random.int(1, 4); left > 0; left--) {
      await cutConnections(random.pick(hosts).name);
      await pause(random.int(0, 1500));
    }
  },
};

/** A host's cable is out for a minute. */
export const networkAway: FaultKind = {
  name: 'network-away',
  weight: 7,
  spares: 'no command',
  strike: async ({ hosts, random, pause, say }) => {
    const { name } = random.pick(hosts);
    const ms = random.int(5000, 60_000);
    say(`${name} for ${Math.round(ms / 1000)} s`);
    const heal = await pullCable(name);
    try {
      await pause(ms);
    } finally {
      await heal();
    }
  },
};

/** A host behind a bad line. */
export const networkSlow: FaultKind = {
  name: 'network-slow',
  weight: 7,
  spares: 'no command',
  strike: async ({ hosts, random, pause, say }) => {
    const { name } = random.pick(hosts);
    const ms = random.int(10_000, 60_000);
    const line = {
      kbit: random.int(500, 5000),
      latencyMs: random.int(100, 800),
      lossPercent: random.int(0, 8),
    };
    say(`${name} for ${Math.round(ms / 1000)} s: ${line.kbit} kbit/s, ${line.lossPercent} % lost`);
    const heal = await slowLine(name, line);
    try {
      await pause(ms);
    } finally {
      await heal();
    }
  },
};

/** The mirror of packages and images is off, or answers 500. */
export const mirrorBroken: FaultKind = {
  name: 'mirror-broken',
  weight: 7,
  spares: 'no command',
  strike: async ({ random, pause, say }) => {
    const isOff = random.next() < 0.5;
    const ms = random.int(10_000, 60_000);
    say(`${isOff ? 'off' : 'answers 500'} for ${Math.round(ms / 1000)} s`);
    const heal = await (isOff ? stopMirror() : breakMirror());
    try {
      await pause(ms);
    } finally {
      await heal();
    }
  },
};
