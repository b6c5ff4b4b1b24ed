import type { Cluster } from '../../cluster/cluster.ts';
import { API_SERVER_PORT, hostPort } from '../../cluster/endpoint.ts';
import { KHA_DIR } from '../../cluster/paths.ts';
import { isLocalLoadBalancer, masters } from '../../cluster/role.ts';
import { digest } from '../../formats/digest.ts';
import { lines, text } from '../../formats/text.ts';
import type { LoadBalancer } from './load-balancer.ts';

const DIRECTORY = `${KHA_DIR}/load-balancer`;
const FILE = `${DIRECTORY}/nginx.conf`;

export const nginx: LoadBalancer = {
  mode: 'nginx',
  files: (cluster) => [{ path: FILE, text: nginxConfiguration(cluster, version(cluster)) }],
  serves: version,
  reload: [
    ['nginx', '-t', '-q', '-c', FILE],
    ['nginx', '-s', 'reload', '-c', FILE],
  ],
  container: (cluster) => ({
    name: 'nginx',
    image: cluster.loadBalancer.image,
    command: ['nginx', '-c', FILE, '-g', 'daemon off;'],
    resources: { requests: { cpu: '25m', memory: '32Mi' } },
  }),
  // The directory, not the file: a file that is replaced would stay the old one inside the container.
  volumes: [{ name: 'configuration', hostPath: DIRECTORY, readOnly: true, type: 'Directory' }],
};

/** A configuration can't name its own digest: it is that of the rest. */
function version(cluster: Cluster): string {
  return digest(nginxConfiguration(cluster, '')).slice(0, 16);
}

/**
 * A stream proxy to all API servers. One that refuses is left out for five seconds and the connection goes to the next;
 * long watches live as long as the ten minutes of silence that kubelets' own pings never reach, also with the workers of a configuration
 * before a reload.
 */
function nginxConfiguration(cluster: Cluster, version: string): string {
  const { port, healthPort } = cluster.loadBalancer;
  const local = isLocalLoadBalancer(cluster);
  const servers = masters(cluster).map(
    (master) => `server ${hostPort(master.address, API_SERVER_PORT)} max_fails=2 fail_timeout=5s;`,
  );
  return text`
    worker_processes 2;
    worker_rlimit_nofile 130048;
    worker_shutdown_timeout 1h;
    pid /tmp/nginx.pid;
    error_log stderr warn;

    events {
      multi_accept on;
      worker_connections 16384;
    }

    stream {
      upstream kube_apiserver {
        least_conn;
        ${lines(servers)}
      }
      server {
        listen ${local ? hostPort('127.0.0.1', port) : port};
        proxy_pass kube_apiserver;
        proxy_connect_timeout 1s;
        proxy_timeout 10m;
      }
    }

    http {
      access_log off;
      server_tokens off;
      client_body_temp_path /tmp/client;
      proxy_temp_path /tmp/proxy;
      fastcgi_temp_path /tmp/fastcgi;
      uwsgi_temp_path /tmp/uwsgi;
      scgi_temp_path /tmp/scgi;
      server {
        listen ${hostPort('127.0.0.1', healthPort)};
        location = /healthz {
          return 200;
        }
        location = /configuration {
          return 200 ${`'${version}'`};
        }
        location / {
          return 404;
        }
      }
    }
  `;
}
