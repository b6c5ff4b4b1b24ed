import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from '../error.ts';
import { ensureKeys } from '../hosts/keys.ts';
import { withLock } from '../lock.ts';
import { debianPackages, ensureDebianPackages, requireLab } from '../machine.ts';
import { buildPieces, removeOutdated } from '../pieces/build.ts';
import { directoryOf } from '../pieces/stamp.ts';
import { places } from '../places.ts';
import { type Progress, quietly } from '../progress.ts';
import { run, type RunResult, tryRun } from '../run.ts';
import { answers, waitUntil } from '../wait.ts';
import { type Firmware, vmBase, type VmKernels, vmKernels } from './vm-base.ts';

/** A virtual machine that exists: its ssh is at 127.0.0.1, and it reaches nobody. */
export interface Vm {
  name: string;
  port: number;
  /** Public host key, as `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** Its own address, behind QEMU's network. */
  address: string;
  kernels: VmKernels;
}

const directory = (name: string): string => join(places.vms, name);

/** Of the package ovmf: EFI's program, and what it remembers of its machine. */
const OVMF = { program: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' };

/** Programs that are emulated need their time: on a busy machine a boot takes a minute. */
const BOOT_SECONDS = 400;

/** Brings up a machine with a kernel of its own, from a new disk. Answers once ssh does. */
export async function vmUp(
  name: string,
  port: number,
  { firmware = 'bios', progress = quietly }: { firmware?: Firmware; progress?: Progress } = {},
): Promise<Vm> {
  requireLab();
  if (!/^vm[1-9]\d?$/.test(name))
    throw labError(`A virtual machine is called vm1 to vm99, not ${name}.`, 'npm run lab -- vm up vm1');
  const kernels = await withLock('vm', progress.say, async () => {
    await ensureDebianPackages(debianPackages.machines, progress.say);
    await ensureKeys();
    const found = await vmKernels();
    await buildPieces([vmBase(found, firmware)], progress);
    removeOutdated([vmBase(found, firmware)]);
    return found;
  });
  const base = directoryOf(vmBase(kernels, firmware));
  if (pidOf(name) !== undefined) throw labError(`${name} is up.`, `Down first: npm run lab -- vm down ${name}`);
  const own = directory(name);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true, mode: 0o755 });
  const disk = join(own, 'disk.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', join(base, 'disk.raw'), disk]);
  const hostKey = readFileSync(join(base, 'disk.raw.host-key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  const vm: Vm = { name, port, hostKey, address: '10.0.2.15', kernels };
  writeFileSync(join(own, 'vm.json'), JSON.stringify(vm));
  writeFileSync(join(own, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  const options = {
    name,
    machine: 'q35',
    accel: 'tcg,thread=multi,tb-size=512',
    cpu: 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+rdrand',
    smp: '2',
    m: '1024',
    display: 'none',
    drive: `file=${disk},if=virtio,cache=unsafe,discard=unmap`,
    netdev: `user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`,
    serial: `file:${join(own, 'console')}`,
    pidfile: join(own, 'pid'),
  };
  const devices = ['virtio-net-pci,netdev=n0,romfile=', 'virtio-rng-pci'];
  const flash: string[] = [];
  if (firmware === 'efi') {
    const variables = join(own, 'efi-variables');
    copyFileSync(OVMF.variables, variables);
    flash.push(`readonly=on,file=${OVMF.program}`, `file=${variables}`);
  }
  await run('qemu-system-x86_64', [
    '-no-user-config',
    '-nodefaults',
    '-daemonize',
    ...Object.entries(options).flatMap(([option, value]) => [`-${option}`, value]),
    ...flash.flatMap((drive) => ['-drive', `if=pflash,format=raw,${drive}`]),
    ...devices.flatMap((device) => ['-device', device]),
  ]);
  const isUp = await waitUntil(() => answers('127.0.0.1', port, 'SSH-', 5000), BOOT_SECONDS, 500);
  if (isUp) return vm;
  const said = readFileSync(join(own, 'console'), 'utf8').trimEnd().split('\n').slice(-10);
  await vmDown([name]);
  throw labError(
    `${name} does not answer on ssh after ${BOOT_SECONDS} s.`,
    'The last lines of its console are shown.',
    said,
  );
}

/** Switches machines off and removes their disks; all of them where none is named. */
export async function vmDown(names: readonly string[] = vmNames()): Promise<void> {
  for (const name of names) {
    const pid = pidOf(name);
    if (pid !== undefined) {
      process.kill(pid, 'SIGTERM');
      if (!(await waitUntil(() => pidOf(name) === undefined, 10))) process.kill(pid, 'SIGKILL');
    }
    rmSync(directory(name), { recursive: true, force: true });
  }
  if (vmNames().length === 0) rmSync(places.vms, { recursive: true, force: true });
}

export const vmNames = (): string[] => (existsSync(places.vms) ? readdirSync(places.vms) : []);

export function vmNamed(name: string): Vm {
  const file = join(directory(name), 'vm.json');
  if (!existsSync(file)) throw labError(`There is no virtual machine ${name}.`, `npm run lab -- vm up ${name}`);
  return JSON.parse(readFileSync(file, 'utf8')) as Vm;
}

/** Options for `ssh` to a machine, as root. */
export function vmSshArguments(name: string): string[] {
  const { port } = vmNamed(name);
  const options = [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${join(directory(name), 'known_hosts')}`,
    'ConnectTimeout=20',
    'LogLevel=ERROR',
  ];
  return ['-i', places.privateKey, '-p', String(port), ...options.flatMap((o) => ['-o', o]), 'root@127.0.0.1'];
}

export const vmExec = (name: string, command: string): Promise<RunResult> =>
  tryRun('ssh', ['-o', 'BatchMode=yes', ...vmSshArguments(name), command]);

/** Of QEMU; undefined where the machine is off. */
function pidOf(name: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory(name), 'pid'), 'utf8'));
    // A number alone may be another process's by now.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(directory(name), 'disk.qcow2')) ? pid : undefined;
  } catch {
    return undefined;
  }
}
