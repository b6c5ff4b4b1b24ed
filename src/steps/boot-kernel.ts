import { step } from '../graph/step.ts';
import { kernelPackages } from './kernel-packages.ts';
import { reboot } from './reboot.ts';

export const bootKernel = step({
  id: 'boot-kernel',
  title: 'Reboot into the kernel',
  why: 'A host that only answers may be on its way down, or back with its old kernel: it is done when it shows another boot id and the kernel that it shall run.',
  after: [kernelPackages],
  hosts: (cluster) => cluster.hosts,
  disruptive: true,
  countsAs: reboot,
  activity: 'bootKernel',
  policy: 'reboot',
});
