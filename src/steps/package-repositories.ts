import type { PackageRepository } from '../cluster/cluster.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { text } from '../formats/text.ts';
import { command } from '../graph/effects/command.ts';
import { file } from '../graph/effects/file.ts';
import { packages } from '../graph/effects/package.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { step } from '../graph/step.ts';
import { osOf } from '../parts/os/registry.ts';
import { baseSystem } from './base-system.ts';

export const packageRepositories = step({
  id: 'package-repositories',
  title: 'Package repositories and base packages',
  why: 'Everything that follows is installed by the host itself from the repositories of the site, at pinned versions.',
  after: [baseSystem],
  hosts: (cluster) => cluster.hosts,
  effects: ({ cluster, facts }, host) => [
    ...cluster.packages.repositories.filter((r) => r.kind !== 'yum').flatMap((repository) => aptSource(repository)),
    packages([...new Set([...osOf(facts[host.name]).basePackages(cluster), ...cluster.packages.extra])]),
  ],
  policy: 'install',
});

/** A source of its own file, trusted by its own key only. */
function aptSource(repository: PackageRepository): Effect[] {
  const key = `/etc/apt/keyrings/kha-${repository.name}.asc`;
  const trust = repository.keyUrl === undefined ? 'Trusted: yes' : `Signed-By: ${key}`;
  const flat = repository.suite.endsWith('/');
  const source = file(
    `/etc/apt/sources.list.d/kha-${repository.name}.sources`,
    flat
      ? text`
          Types: deb
          URIs: ${repository.url}
          Suites: ${repository.suite}
          ${trust}
        `
      : text`
          Types: deb
          URIs: ${repository.url}
          Suites: ${repository.suite}
          Components: ${repository.components.join(' ')}
          ${trust}
        `,
  );
  return repository.keyUrl === undefined ? [source] : [signingKey(repository.keyUrl, key), source];
}

/** apt's own program fetches it: it is there before curl is, and knows apt's proxy. */
const signingKey = (url: string, path: string): Effect =>
  command(`signing key ${path} from ${url}`, {
    look: sh`if grep -qs 'BEGIN PGP PUBLIC KEY' ${path} && [ "$(cat ${`${path}.url`} 2>/dev/null)" = ${url} ]; then echo there; else echo absent; fi`,
    want: 'there',
    act: shJoin([
      sh`mkdir -p /etc/apt/keyrings`,
      sh`rm -f ${`${path}.kha-new`}`,
      sh`/usr/lib/apt/apt-helper download-file ${url} ${`${path}.kha-new`}`,
      sh`grep -q 'BEGIN PGP PUBLIC KEY' ${`${path}.kha-new`} || { echo ${`${url} is not an ASCII-armoured public key`} >&2; exit 1; }`,
      sh`chmod 644 ${`${path}.kha-new`}`,
      sh`mv -fT ${`${path}.kha-new`} ${path}`,
      sh`echo ${url} >${`${path}.url`}`,
    ]),
    writes: [path, `${path}.url`],
  });
