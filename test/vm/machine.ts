import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { places } from '../../lab/places.ts';
import type { Firmware } from '../../lab/vm/vm-base.ts';
import { type Vm, vmExec, vmUp } from '../../lab/vm/vm.ts';
import { freePort } from '../contracts/free-port.ts';
import type { Kha } from '../lab/kha.ts';
import { servedKha } from '../lab/suite.ts';

/** A virtual machine, and a kha that has it in a cluster file. */
export interface Machine {
  vm: Vm;
  kha: Kha;
  file: string;
}

export async function createMachine(firmware: Firmware): Promise<Machine> {
  let port: number;
  // Not one that Kubernetes may give to a service.
  do port = await freePort();
  while (port >= 30_000);
  const vm = await vmUp('vm1', port, { firmware });
  const kha = await servedKha();
  const file = join(kha.home, 'vm.yaml');
  writeFileSync(
    file,
    `name: demo\nhosts:\n  vm1:\n    address: ${vm.address}\n    ssh: { address: 127.0.0.1, port: ${vm.port}, user: root, keyFile: ${places.privateKey} }\nmasters: [vm1]\n`,
  );
  return { vm, kha, file };
}

/** Standard output of a command that must succeed on the machine. */
export async function inVm(command: string): Promise<string> {
  const { code, stdout, stderr } = await vmExec('vm1', command);
  if (code !== 0) throw new Error(`vm1: ${command}: exit code ${code}: ${stderr}`);
  return stdout.trim();
}
