import { etcdEndpoints } from '../cluster/endpoint.ts';
import { MANIFEST_DIR, KHA_DIR } from '../cluster/paths.ts';
import { masters } from '../cluster/role.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import { wait } from '../graph/effects/wait.ts';
import { step } from '../graph/step.ts';
import { ownApiServerReady } from '../parts/own-api-server.ts';
import { joinEtcd } from './join-etcd.ts';
import { leaveEtcd } from './leave-etcd.ts';

export const apiServerEtcd = step({
  id: 'api-server-etcd',
  title: 'API servers ask all members of etcd',
  why: 'One by one: each is made anew with the new list, and has to be ready before the next one goes.',
  afterAll: [joinEtcd, leaveEtcd],
  hosts: masters,
  everywhere: true,
  order: 'one-by-one',
  skipWhen: ({ cluster, facts }, { name }) =>
    facts[name] === undefined &&
    `it does not answer; once it is back: kha start-workflow add-etcd --cluster ${cluster.name} --host ${cluster.roles.etcd.at(-1) ?? ''}`,
  effects: ({ cluster }, host) => {
    const manifest = `${MANIFEST_DIR}/kube-apiserver.yaml`;
    const aside = `${KHA_DIR}/kube-apiserver.yaml.kha-new`;
    const flag = `--etcd-servers=${etcdEndpoints(cluster).join(',')}`;
    return [
      command('the manifest of kube-apiserver names all members of etcd', {
        look: sh`sed -n ${String.raw`s/^ *- \(--etcd-servers=.*\)$/\1/p`} ${manifest}`,
        want: flag,
        // Beside the folder that kubelet watches, on the same file system.
        act: shJoin([
          sh`sed ${String.raw`s|^\( *- \)--etcd-servers=.*$|\1${flag}|`} ${manifest} >${aside}`,
          sh`chmod --reference=${manifest} ${aside} && chown --reference=${manifest} ${aside} && mv ${aside} ${manifest}`,
        ]),
      }),
      wait(`the API server of ${host.name} is ready with them`, {
        probe: sh`p=$(pgrep -xo kube-apiserver) && tr '\\0' '\\n' </proc/$p/cmdline | grep -qxF -e ${flag} && ${ownApiServerReady(host)} -o /dev/null`,
        timeoutSeconds: cluster.timeouts.readyMinutes * 60,
        containers: ['kube-apiserver'],
      }),
    ];
  },
  policy: 'install',
});
