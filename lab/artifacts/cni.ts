import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { goModule, goPrograms } from './go.ts';

export const cniVersion = '1.9.1';

/** Last version that still had the flannel plugin; its own repository's module is not served by the module proxy. */
const withFlannel = '0.9.1';

/** Plugins by their folder in upstream's repository. Flannel's comes with flannel's image, not with the package. */
const plugins = {
  main: ['bridge', 'dummy', 'host-device', 'ipvlan', 'loopback', 'macvlan', 'ptp', 'tap', 'vlan'],
  ipam: ['host-local', 'static'],
  meta: ['bandwidth', 'firewall', 'portmap', 'sbr', 'tuning', 'vrf'],
};

export const cniPlugins: readonly string[] = Object.values(plugins).flat();

/** All CNI plugins as one program, picked by the name it is called with. */
export const cni = goPrograms({
  id: 'cni-plugins',
  version: cniVersion,
  sources: ['cni'],
  code: ['artifacts/cni.ts'],
  prepare: async (directory) => {
    const upstream = await goModule('github.com/containernetworking/plugins', cniVersion);
    for (const [folder, names] of Object.entries(plugins)) {
      for (const name of names) copyPackage(join(upstream, 'plugins', folder, name), directory);
    }
    const old = await goModule('github.com/containernetworking/plugins', withFlannel);
    copyPackage(join(old, 'plugins/meta/flannel'), directory, toNewInterface);
  },
  programs: [
    {
      name: 'cni',
      package: '.',
      tags: [],
      variables: {
        'github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion': `v${cniVersion}`,
      },
      links: [...cniPlugins, 'flannel'],
    },
  ],
  seconds: 25,
});

/** Copy a plugin's package main under its own package name, with its main function exported. */
function copyPackage(from: string, directory: string, change = (text: string) => text): void {
  const name = basename(from).replaceAll('-', '');
  mkdirSync(join(directory, name));
  for (const file of readdirSync(from).filter((each) => /^(?!.*(_test|_windows)\.go$).*\.go$/.test(each))) {
    const text = readFileSync(join(from, file), 'utf8')
      .replace(/^package main$/m, `package ${name}`)
      .replace(/^func main\(\) \{/m, 'func Main() {');
    writeFileSync(join(directory, name, file), change(text));
  }
}

/** What has been renamed between the two versions. */
function toNewInterface(text: string): string {
  return text
    .replace(/types\.NetConf\b/g, 'types.PluginConf')
    .replace(
      'skel.PluginMain(cmdAdd, cmdCheck, cmdDel, version.All,',
      'skel.PluginMainFuncs(skel.CNIFuncs{Add: cmdAdd, Check: cmdCheck, Del: cmdDel}, version.All,',
    );
}
