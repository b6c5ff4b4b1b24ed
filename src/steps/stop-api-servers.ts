import { masters } from '../cluster/role.ts';
import { sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import { step } from '../graph/step.ts';
import { API_SERVER_MANIFEST, STOPPED_API_SERVER } from '../parts/api-server-manifest.ts';
import { noContainer } from '../parts/no-container.ts';
import { etcdLost, whileEtcdDecides } from './etcd-lost.ts';

export const stopApiServers = step({
  id: 'stop-api-servers',
  title: 'API servers stop',
  why: 'They remember what members told them that are no more. Started anew they know only what etcd has.',
  afterAll: [etcdLost],
  hosts: masters,
  skipWhen: whileEtcdDecides,
  effects: ({ cluster }) => [
    command('the manifest of kube-apiserver is put aside', {
      look: sh`[ ! -e ${API_SERVER_MANIFEST} ] && echo aside || echo there`,
      want: 'aside',
      act: sh`mv ${API_SERVER_MANIFEST} ${STOPPED_API_SERVER}`,
    }),
    noContainer(cluster, ['kube-apiserver']),
  ],
  policy: 'install',
});
