import { goPrograms } from './go.ts';

export const containerdVersion = '2.4.2';

/** Version of the crictl that the lab offers: of the same minor as the newest Kubernetes. */
export const criToolsVersion = '1.37.0';

const version = { 'github.com/containerd/containerd/v2/version.Version': `v${containerdVersion}` };
const tags = ['urfave_cli_no_docs', 'osusergo', 'netgo', 'static_build'];

/**
 * containerd with ctr, its shim, and crictl. The module proxy does not serve cri-tools, so crictl is a small one of the lab's own
 * with the subcommands that one uses when looking after a node.
 */
export const containerd = goPrograms({
  id: 'containerd',
  version: containerdVersion,
  sources: ['containerd'],
  programs: [
    {
      name: 'containerd',
      package: './containerd',
      tags: [...tags, 'no_btrfs', 'no_zfs', 'no_aufs', 'no_devmapper', 'grpcnotrace'],
      variables: version,
      links: ['ctr'],
    },
    {
      name: 'containerd-shim-runc-v2',
      package: './containerd-shim-runc-v2',
      tags: [...tags, 'no_grpc'],
      variables: version,
    },
    {
      name: 'crictl',
      package: './crictl',
      tags: ['grpcnotrace'],
      variables: { 'main.version': `v${criToolsVersion}` },
    },
  ],
  seconds: 120,
});
