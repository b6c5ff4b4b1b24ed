import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goModule, goPrograms } from './go.ts';

export const flannelVersion = '0.28.10';

/** Version of the image with the CNI plugin that goes with it. */
export const flannelPluginVersion = '1.9.1-flannel3';

/** flanneld, less the Tencent cloud backend (its SDK is not served) and the udp one (which needs cgo). */
export const flannel = goPrograms({
  id: 'flannel',
  version: flannelVersion,
  sources: ['flannel'],
  code: ['artifacts/flannel.ts'],
  prepare: async (directory) => {
    const upstream = await goModule('github.com/flannel-io/flannel', flannelVersion);
    const main = readFileSync(join(upstream, 'main.go'), 'utf8');
    writeFileSync(join(directory, 'main.go'), main.replace(/^.*pkg\/backend\/(tencentvpc|udp)"\n/gm, ''));
  },
  programs: [
    {
      name: 'flanneld',
      package: '.',
      tags: ['grpcnotrace'],
      variables: { 'github.com/flannel-io/flannel/pkg/version.Version': `v${flannelVersion}` },
    },
  ],
  seconds: 90,
});
