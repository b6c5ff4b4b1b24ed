import type { TomlTable } from 'smol-toml';
import type { Cluster, Host, Registry } from '../../cluster/cluster.ts';
import { CRI_SOCKET } from '../../cluster/paths.ts';
import { environmentWord, systemdUnit } from '../../formats/systemd-unit.ts';
import { toToml } from '../../formats/toml.ts';
import { toYaml } from '../../formats/yaml.ts';
import { noProxyOf } from '../no-proxy.ts';
import type { ContainerRuntime, RuntimeFile } from './container-runtime.ts';

const CONFIGURATION = '/etc/containerd/config.toml';
const REGISTRIES = '/etc/containerd/certs.d';
const PROXY = '/etc/systemd/system/containerd.service.d/20-kha-proxy.conf';

export const containerd: ContainerRuntime = {
  kind: 'containerd',
  unit: 'containerd.service',
  packages: ({ runtime }) => [
    { name: runtime.packageName, ...(runtime.packageVersion ? { version: runtime.packageVersion } : {}) },
    ...(runtime.runcPackageVersion ? [{ name: 'runc', version: runtime.runcPackageVersion }] : []),
  ],
  files: (cluster, host) => [
    { path: CONFIGURATION, text: containerdConfiguration(cluster), restarts: true },
    ...cluster.runtime.registries.map((registry) => ({
      path: `${REGISTRIES}/${registry.name}/hosts.toml`,
      text: registryHosts(registry),
      restarts: false,
    })),
    {
      path: '/etc/crictl.yaml',
      text: toYaml({ 'runtime-endpoint': CRI_SOCKET, 'image-endpoint': CRI_SOCKET, timeout: 30 }),
      restarts: false,
    },
    ...proxyDropIn(cluster, host),
  ],
};

/**
 * containerd's own configuration. Version 3 where a 2.x is pinned; else version 2, which 1.x reads and 2.x takes over
 * by itself. Source: containerd.io/docs, CRI Plugin Config Guide.
 */
function containerdConfiguration(cluster: Cluster): string {
  const { runtime } = cluster;
  const general: TomlTable = {
    root: runtime.storageDir,
    state: runtime.stateDir,
    oom_score: runtime.oomScore,
    imports: runtime.imports,
    grpc: {
      address: CRI_SOCKET.slice('unix://'.length),
      max_recv_message_size: runtime.maxGrpcMessageBytes,
      max_send_message_size: runtime.maxGrpcMessageBytes,
    },
    debug: { level: runtime.logLevel },
  };
  const runtimes: TomlTable = {
    default_runtime_name: 'runc',
    runtimes: { runc: { runtime_type: 'io.containerd.runc.v2', options: { SystemdCgroup: true } } },
  };
  const major = Number.parseInt(runtime.packageVersion?.replace(/^\d+:/, '') ?? '', 10);
  if (major >= 2) {
    return toToml({
      version: 3,
      ...general,
      plugins: {
        'io.containerd.cri.v1.images': {
          snapshotter: runtime.snapshotter,
          pinned_images: { sandbox: runtime.pauseImage },
          registry: { config_path: REGISTRIES },
        },
        'io.containerd.cri.v1.runtime': {
          max_container_log_line_size: runtime.maxContainerLogLineSize,
          containerd: runtimes,
        },
      },
    });
  }
  return toToml({
    version: 2,
    ...general,
    plugins: {
      'io.containerd.grpc.v1.cri': {
        sandbox_image: runtime.pauseImage,
        max_container_log_line_size: runtime.maxContainerLogLineSize,
        containerd: { snapshotter: runtime.snapshotter, ...runtimes },
        registry: { config_path: REGISTRIES },
      },
    },
  });
}

/**
 * How one registry is reached: its endpoints in their order and nothing else. The last one is the `server`, because
 * containerd always tries a server at the end, and else it would be the registry's own.
 */
function registryHosts(registry: Registry): string {
  const endpoint = {
    capabilities: ['pull', 'resolve'],
    ...(registry.insecure ? { skip_verify: true } : {}),
    ...(registry.caFile === undefined ? {} : { ca: registry.caFile }),
  };
  const others = registry.endpoints.slice(0, -1);
  return toToml({
    server: registry.endpoints.at(-1) ?? `https://${registry.name}`,
    ...endpoint,
    ...(others.length > 0 ? { host: Object.fromEntries(others.map((url) => [url, endpoint])) } : {}),
  });
}

function proxyDropIn(cluster: Cluster, host: Host): RuntimeFile[] {
  const { http, https } = cluster.proxy;
  if (http === undefined && https === undefined) return [];
  const variables = [
    ...(http === undefined ? [] : [environmentWord('HTTP_PROXY', http)]),
    ...(https === undefined ? [] : [environmentWord('HTTPS_PROXY', https)]),
    environmentWord('NO_PROXY', noProxyOf(cluster, host).join(',')),
  ];
  const text = systemdUnit('Images are pulled through the proxy of the cluster file.', {
    Service: { Environment: variables },
  });
  return [{ path: PROXY, text, restarts: true }];
}
