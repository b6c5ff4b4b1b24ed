import type { RecordedCluster, RemoteCommand } from '../../src/ports/store.ts';

export const recordNamed = (name: string, cluster = 'a'.repeat(64)): RecordedCluster => ({
  name,
  cluster,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-02T00:00:00.000Z',
  sources: ['cluster.yaml'],
});

export const command = (task: string, startedAt: number): RemoteCommand => ({
  task,
  host: 'm1',
  title: 'look',
  startedAt,
  endedAt: startedAt + 5,
  exitCode: 0,
  output: ['fine', 'quoted "text"\nwith a line'],
  look: true,
});
