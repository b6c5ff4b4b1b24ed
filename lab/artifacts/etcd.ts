import { once } from '../pieces/once.ts';
import { goPrograms } from './go.ts';

/** etcd, etcdctl and etcdutl as one program. */
export const etcd = once((version: string) =>
  goPrograms({
    id: 'etcd',
    version,
    sources: ['etcd/main.go', `etcd/${version}`],
    programs: [
      {
        name: 'etcd',
        package: '.',
        tags: ['grpcnotrace'],
        variables: { 'go.etcd.io/etcd/api/v3/version.GitSHA': '0000000' },
        links: ['etcdctl', 'etcdutl'],
      },
    ],
    seconds: 75,
  }),
);
