import { keep, labHosts } from '../../lab/lab.ts';
import { createKha, writeClusterFile } from '../lab/kha.ts';

/** Has kha install packages and pull images on one host, and keeps its disk for others to start with. */
export async function prepareHosts(): Promise<string> {
  const [host] = labHosts();
  if (host === undefined) throw new Error('the lab is down');
  const kha = await createKha();
  try {
    await kha.serve();
    const file = writeClusterFile(kha, { hosts: [host], masters: 1, workers: 0, name: 'prepared' });
    const steps = 'package-repositories,container-runtime,kubernetes-packages,images';
    await kha.ok('start-workflow', 'init-cluster', '-f', file, '--only', steps);
  } finally {
    await kha.close();
  }
  return keep(host.name, 'prepared');
}
