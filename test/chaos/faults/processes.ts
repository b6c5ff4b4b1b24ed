import type { FaultKind, Scene } from './fault.ts';

/** Nothing of kha is needed at once: a person, or an init system, takes a while. */
const startAgain = async ({ kha, pause, random }: Scene): Promise<void> => {
  await pause(random.int(0, 5000));
  await kha.serve();
};

/** kill -9 of the worker; Temporal goes on. */
export const killWorker: FaultKind = {
  name: 'worker-killed',
  weight: 14,
  spares: 'all commands',
  strike: (scene) =>
    scene.alone(async () => {
      await scene.kha.killWorker();
      await startAgain(scene);
    }),
};

/** kill -9 of Temporal; who keeps it starts it again. */
export const killTemporal: FaultKind = {
  name: 'temporal-killed',
  weight: 8,
  spares: 'all commands',
  strike: ({ kha, alone }) =>
    alone(async () => {
      kha.killTemporal();
      await kha.untilServing();
    }),
};

/** kill -9 of Temporal and the worker. */
export const killServer: FaultKind = {
  name: 'server-killed',
  weight: 10,
  spares: 'all commands',
  strike: (scene) =>
    scene.alone(async () => {
      await scene.kha.killServer();
      await startAgain(scene);
    }),
};

/** kill -9 of the command that watches. */
export const killCli: FaultKind = {
  name: 'cli-killed',
  weight: 6,
  spares: 'all commands',
  strike: async ({ kha }) => kha.killCommands(),
};

/** The machine where kha runs is restarted: all of kha dies at the same moment. */
export const killAll: FaultKind = {
  name: 'kha-machine-restarted',
  weight: 7,
  spares: 'all commands',
  strike: (scene) =>
    scene.alone(async () => {
      scene.kha.killCommands();
      await scene.kha.killServer();
      await startAgain(scene);
    }),
};

/** Stopped for longer than its heartbeat: another worker takes over, and then the first one wakes up beside it. */
export const zombie: FaultKind = {
  name: 'worker-frozen',
  weight: 10,
  spares: 'all commands',
  strike: ({ kha, alone, pause, random, say }) =>
    alone(async () => {
      const successor = kha.startWorker();
      kha.signalServer('SIGSTOP');
      try {
        const ms = random.int(12_000, 20_000);
        say(`frozen for ${Math.round(ms / 1000)} s`);
        await pause(ms);
      } finally {
        kha.signalServer('SIGCONT');
      }
      await pause(random.int(2000, 8000));
      await successor.end(random.next() < 0.5 ? 'SIGKILL' : 'SIGTERM');
    }),
};

/** Temporal's database is put back from a copy: what was done since then is unknown to it. */
export const restoreDatabase: FaultKind = {
  name: 'database-restored',
  weight: 6,
  once: true,
  spares: 'all commands',
  strike: (scene) =>
    scene.alone(async () => {
      const { kha, pause, random, say } = scene;
      const restore = kha.copyDatabase();
      const ms = random.int(5000, 120_000);
      await pause(ms);
      say(`restored after ${Math.round(ms / 1000)} s`);
      await kha.killServer();
      restore();
      await startAgain(scene);
    }),
};
