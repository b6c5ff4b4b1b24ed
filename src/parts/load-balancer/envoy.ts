import type { Cluster, Host } from '../../cluster/cluster.ts';
import { API_SERVER_PORT } from '../../cluster/endpoint.ts';
import { toYaml } from '../../formats/yaml.ts';
import { apiServers, listenAddresses, LOAD_BALANCER_DIR, type LoadBalancer, ONLY_PORTS } from './load-balancer.ts';

const START = 'bootstrap.yaml';
/** All that the others say, as Envoy reads it at its start: it judges nothing else. */
const JUDGED = 'judged.yaml';
const ENDPOINTS = 'endpoints.yaml';
const LISTENERS = 'listeners.yaml';
const API = 'type.googleapis.com/envoy';
/** In the container's own file system: it takes commands as well. */
const ADMIN_SOCKET = '/tmp/envoy-admin.sock';
const MAX_CONNECTIONS = 16384;

/** Endpoints and listeners are watched (Envoy's xDS out of files), so neither a reload nor a restart is needed for them. */
export const envoy: LoadBalancer = {
  mode: 'envoy',
  // The version is told by the listeners, which come last.
  files: (cluster, host, version) => ({
    [START]: toYaml(bootstrap(host, { dynamic: true, clusters: [apiServerCluster({ eds: true }), adminCluster()] })),
    [JUDGED]: toYaml(
      bootstrap(host, {
        listeners: listeners(cluster, version),
        clusters: [apiServerCluster({ assignment: endpoints(cluster) }), adminCluster()],
      }),
    ),
    [ENDPOINTS]: toYaml({
      resources: [{ '@type': `${API}.config.endpoint.v3.ClusterLoadAssignment`, ...endpoints(cluster) }],
    }),
    [LISTENERS]: toYaml({
      resources: listeners(cluster, version).map((l) => ({ '@type': `${API}.config.listener.v3.Listener`, ...l })),
    }),
  }),
  readAtStart: [START],
  judge: [START, JUDGED].map((name) => [
    'envoy',
    '--mode',
    'validate',
    '--log-level',
    'error',
    '-c',
    `${LOAD_BALANCER_DIR}/${name}`,
  ]),
  container: {
    command: [
      'envoy',
      '-c',
      `${LOAD_BALANCER_DIR}/${START}`,
      '--concurrency',
      '2',
      '--log-level',
      'warn',
      '--disable-hot-restart',
    ],
    resources: { requests: { cpu: '25m', memory: '64Mi' } },
    securityContext: ONLY_PORTS,
  },
};

function bootstrap(host: Host, parts: { dynamic?: true; listeners?: object[]; clusters: object[] }): object {
  return {
    node: { id: host.name, cluster: 'kha' },
    admin: { address: { pipe: { path: ADMIN_SOCKET, mode: 0o600 } } },
    ...(parts.dynamic ? { dynamic_resources: { lds_config: watched(LISTENERS) } } : {}),
    static_resources: { listeners: parts.listeners, clusters: parts.clusters },
  };
}

const watched = (name: string): object => ({
  resource_api_version: 'V3',
  path_config_source: {
    path: `${LOAD_BALANCER_DIR}/${name}`,
    watched_directory: { path: LOAD_BALANCER_DIR },
  },
});

/**
 * Each API server is asked for its readiness; one that refused two connections is out for five seconds besides. The check goes no further
 * than the question: clients verify the certificate themselves, end to end. Where none is ready all are tried (panic): a check
 * that is wrong everywhere must not take the cluster away.
 */
function apiServerCluster(source: { eds: true } | { assignment: object }): object {
  return {
    name: 'kube_apiserver',
    ...('eds' in source
      ? { type: 'EDS', eds_cluster_config: { eds_config: watched(ENDPOINTS) } }
      : { type: 'STATIC', load_assignment: source.assignment }),
    connect_timeout: '1s',
    lb_policy: 'LEAST_REQUEST',
    // By default it would go on with some of the ready ones only where more than half are, else with all.
    common_lb_config: { healthy_panic_threshold: { value: 1 } },
    ignore_health_on_host_removal: true,
    circuit_breakers: {
      thresholds: [{ max_connections: MAX_CONNECTIONS, max_pending_requests: MAX_CONNECTIONS }],
    },
    health_checks: [
      {
        timeout: '3s',
        interval: '10s',
        no_traffic_interval: '2s',
        unhealthy_interval: '2s',
        healthy_threshold: 1,
        unhealthy_threshold: 2,
        http_health_check: { path: '/readyz' },
        transport_socket_match_criteria: { check: true },
      },
    ],
    // Connections go through as they are; checks alone speak TLS.
    transport_socket_matches: [
      {
        name: 'check',
        match: { check: true },
        transport_socket: {
          name: 'envoy.transport_sockets.tls',
          typed_config: { '@type': `${API}.extensions.transport_sockets.tls.v3.UpstreamTlsContext` },
        },
      },
    ],
    outlier_detection: {
      consecutive_5xx: 2,
      interval: '1s',
      base_ejection_time: '5s',
      max_ejection_time: '5s',
      max_ejection_percent: 100,
    },
  };
}

const endpoints = (cluster: Cluster): object => ({
  cluster_name: 'kube_apiserver',
  endpoints: [
    {
      lb_endpoints: apiServers(cluster).map(({ address }) => ({
        endpoint: { address: socket(address, API_SERVER_PORT) },
      })),
    },
  ],
});

const adminCluster = (): object => ({
  name: 'admin',
  type: 'STATIC',
  connect_timeout: '1s',
  load_assignment: {
    cluster_name: 'admin',
    endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: ADMIN_SOCKET } } } }] }],
  },
});

function listeners(cluster: Cluster, version: string): object[] {
  const { port, healthPort } = cluster.loadBalancer;
  const says = (body: string): object => ({ direct_response: { status: 200, body: { inline_string: body } } });
  return [
    // A listener can't move.
    ...listenAddresses(cluster).map((address) => ({
      name: `kube_apiserver ${address}`,
      address: socket(address, port),
      filter_chains: [
        {
          filters: [
            {
              name: 'envoy.filters.network.tcp_proxy',
              typed_config: {
                '@type': `${API}.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
                stat_prefix: 'kube_apiserver',
                cluster: 'kube_apiserver',
                idle_timeout: '600s',
                // Each goes anywhere, and outliers are put out a moment later than they are seen.
                max_connect_attempts: 20,
              },
            },
          ],
        },
      ],
    })),
    {
      name: 'health',
      address: socket('127.0.0.1', healthPort),
      filter_chains: [
        {
          filters: [
            {
              name: 'envoy.filters.network.http_connection_manager',
              typed_config: {
                '@type': `${API}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                stat_prefix: 'health',
                http_filters: [
                  {
                    name: 'envoy.filters.http.router',
                    typed_config: { '@type': `${API}.extensions.filters.http.router.v3.Router` },
                  },
                ],
                route_config: {
                  name: 'health',
                  virtual_hosts: [
                    {
                      name: 'health',
                      domains: ['*'],
                      routes: [
                        { match: { path: '/healthz' }, ...says('') },
                        { match: { path: '/configuration' }, ...says(version) },
                        {
                          match: {
                            path: '/statistics',
                            headers: [{ name: ':method', string_match: { exact: 'GET' } }],
                          },
                          route: { cluster: 'admin', prefix_rewrite: '/clusters' },
                        },
                      ],
                    },
                  ],
                },
              },
            },
          ],
        },
      ],
    },
  ];
}

const socket = (address: string, port: number): object => ({ socket_address: { address, port_value: port } });
