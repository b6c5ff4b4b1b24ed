import { once } from '../pieces/once.ts';
import { goPrograms } from './go.ts';

/** CoreDNS with upstream's plugins, less those of public clouds and Nomad, which are two thirds of its size. */
export const coredns = once((version: string) =>
  goPrograms({
    id: 'coredns',
    version,
    sources: ['coredns/main.go', `coredns/${version}`],
    programs: [
      {
        name: 'coredns',
        package: '.',
        tags: ['grpcnotrace'],
        variables: { 'github.com/coredns/coredns/coremain.GitCommit': `v${version}` },
      },
    ],
    seconds: 80,
  }),
);
