import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { KhaError } from '../src/cluster/error.ts';
import { newestKubernetes } from './artifacts/kubernetes.ts';
import { clusterFile } from './cluster-file.ts';
import { labError } from './error.ts';
import { labArtifacts, labClean, labDown, labHosts, labStatus, labUp, power, sshArguments } from './lab.ts';
import { places } from './places.ts';
import { teamArtifacts } from './team.ts';
import { vmDown, vmSshArguments, vmUp } from './vm/vm.ts';
import { duration, showProgress } from './progress.ts';

const usage = `Real hosts on this machine, to try kha and to test it (root, Linux).

npm run lab -- up N [--no-mirror] [--kubernetes V,V]   hosts h1 to hN, and the mirror with packages and images
npm run lab -- down                                    switch all off, remove every trace; what was built is kept
npm run lab -- clean                                   down, and also the kept disk and the route that keeps the lab's packets here
npm run lab -- status                                  which hosts there are
npm run lab -- ssh [USER@]NAME [COMMAND]               a shell on a host, or one command
npm run lab -- power NAME off|on|reset                 pull the plug, switch on, press reset
npm run lab -- cluster-file M W                        print a cluster file for M masters and W workers on these hosts
npm run lab -- vm up|down|ssh [NAME [COMMAND]]         a virtual machine (vm1) with a kernel of its own, emulated; no network;
                                                       up with --firmware efi: one that starts by EFI
npm run lab -- artifacts [--kubernetes V,V] [--team]   build what the mirror offers, where it is missing; and a team's Temporal
`;

const { positionals, values } = parse();

function parse() {
  try {
    return parseArgs({
      // after `ssh NAME` everything is the command's
      args: process.argv[2] === 'ssh' ? ['ssh', '--', ...process.argv.slice(3)] : process.argv.slice(2),
      allowPositionals: true,
      options: {
        'no-mirror': { type: 'boolean', default: false },
        kubernetes: { type: 'string' },
        team: { type: 'boolean', default: false },
        firmware: { type: 'string', default: 'bios' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return process.exit(2);
  }
}
const [verb, ...rest] = positionals;
const progress = showProgress();
const start = performance.now();
const since = () => duration((performance.now() - start) / 1000);

const verbs: Record<string, () => Promise<void>> = {
  async up() {
    if (rest.length !== 1) throw labError('How many hosts?', 'npm run lab -- up 5');
    const n = Number(rest[0]);
    const versions = values.kubernetes?.split(',');
    const hosts = await labUp(n, {
      progress,
      ...(values['no-mirror'] ? { mirror: false } : versions && { mirror: versions }),
    });
    for (const host of hosts) process.stdout.write(`${host.name}\t${host.address}\n`);
    progress.say(`up in ${since()}; a shell on a host: npm run lab -- ssh h1; all off: npm run lab -- down`);
  },
  async down() {
    await labDown(progress);
    progress.say(`down in ${since()}; nothing left but what was built`);
  },
  async clean() {
    await labClean(progress);
    progress.say(`clean in ${since()}`);
  },
  async status() {
    const hosts = labStatus();
    for (const { name, address, on, memoryMiB } of hosts) {
      process.stdout.write(
        `${name}\t${address}\t${on ? 'on' : 'off'}\t${memoryMiB === undefined ? '' : `${memoryMiB} MiB`}\n`,
      );
    }
    if (hosts.length === 0) progress.say('the lab is down; bring it up: npm run lab -- up 5');
  },
  async ssh() {
    const [target = '', ...command] = rest;
    const [name = '', user] = target.split('@').toReversed();
    const child = spawnSync('ssh', [...sshArguments(name, user), ...command], { stdio: 'inherit' });
    process.exitCode = child.status ?? 255;
  },
  async artifacts() {
    await labArtifacts(values.kubernetes?.split(',') ?? [newestKubernetes], progress);
    if (values.team) await teamArtifacts(progress);
    progress.say(`all built, in ${since()}; kept in ${places.cache}`);
  },
  async 'cluster-file'() {
    const [masters, workers] = [Number(rest[0] ?? 3), Number(rest[1] ?? 2)];
    const version = values.kubernetes === undefined ? {} : { kubernetes: values.kubernetes };
    process.stdout.write(clusterFile({ hosts: labHosts(), masters, workers, ...version }));
  },
  async vm() {
    const [what = '', name = 'vm1', ...command] = rest;
    if (what === 'up') {
      const { firmware } = values;
      if (firmware !== 'bios' && firmware !== 'efi')
        throw labError(
          `A machine starts by bios or efi, not "${firmware}".`,
          'npm run lab -- vm up vm1 --firmware efi',
        );
      const vm = await vmUp(name, 2200 + Number(name.replace('vm', '')), { firmware, progress });
      process.stdout.write(`${vm.name}\t127.0.0.1:${vm.port}\t${vm.kernels.old} → ${vm.kernels.new}\n`);
    } else if (what === 'down') await vmDown(rest.length > 1 ? [name] : undefined);
    else if (what === 'ssh') {
      const child = spawnSync('ssh', [...vmSshArguments(name), ...command], { stdio: 'inherit' });
      process.exitCode = child.status ?? 255;
      return;
    } else throw labError(`A virtual machine goes up or down, or has ssh, not "${what}".`, 'npm run lab -- vm up vm1');
    progress.say(`${what} in ${since()}`);
  },
  async power() {
    const [name = '', action = ''] = rest;
    if (action !== 'off' && action !== 'on' && action !== 'reset') {
      throw labError(`Power has off, on and reset, not "${action}".`, 'npm run lab -- power h1 reset');
    }
    await power(name, action);
    progress.say(`${name}: ${action} in ${since()}`);
  },
};

const action = values.help ? undefined : verbs[verb ?? ''];
if (action === undefined) {
  process.stdout.write(usage);
  process.exitCode = values.help || verb === undefined ? 0 : 2;
} else {
  await action().catch((error: unknown) => {
    if (!(error instanceof KhaError)) throw error;
    const lines = error.lastLines.map((line) => `  | ${line}\n`).join('');
    process.stderr.write(`${lines}${error.message}\n${error.hint ?? ''}\n`);
    process.exitCode = 1;
  });
}
