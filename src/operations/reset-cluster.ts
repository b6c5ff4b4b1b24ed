import { operation } from '../graph/operation.ts';
import { resetHost } from '../steps/reset-host.ts';

export const resetCluster = operation({
  id: 'reset-cluster',
  title: 'Reset the cluster',
  why: 'The end of a cluster: its hosts are as they were found, and kha forgets it with its authorities and keys. No API server is asked.',
  removes: 'cluster',
  steps: [resetHost],
});
