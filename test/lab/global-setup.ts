import { demandLabDown } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';

/** The lab's hosts may be somebody's: a demo that is being looked at is not taken down by a test. */
export function setup(): void {
  if (whyNoLab() === undefined) demandLabDown();
}
