import { operation } from '../graph/operation.ts';
import { resetHost } from '../steps/reset-host.ts';

export const resetNode = operation({
  id: 'reset-node',
  title: 'Reset hosts that are no members',
  why: 'A host that was down when it was removed comes back with all that it had. It is reset, and may be added again.',
  removes: 'strangers',
  steps: [resetHost],
});
