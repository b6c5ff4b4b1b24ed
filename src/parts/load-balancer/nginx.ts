import type { Cluster } from '../../cluster/cluster.ts';
import { hostPort } from '../../cluster/endpoint.ts';
import { lines, text } from '../../formats/text.ts';
import { apiServers, listenAddresses, LOAD_BALANCER_DIR, type LoadBalancer } from './load-balancer.ts';

const FILE = `${LOAD_BALANCER_DIR}/nginx.conf`;

/** nginx under the name of its program, which may be that of a descendant. */
export const nginxCalled = (program: 'nginx' | 'openresty'): LoadBalancer => ({
  mode: program,
  files: (cluster, _, version) => ({ 'nginx.conf': nginxConfiguration(cluster, version) }),
  readAtStart: [],
  judge: [[program, '-t', '-q', '-c', FILE]],
  reload: [program, '-s', 'reload', '-c', FILE],
  container: {
    command: [program, '-c', FILE, '-g', 'daemon off;'],
    resources: { requests: { cpu: '25m', memory: '32Mi' } },
  },
});

export const nginx = nginxCalled('nginx');

/**
 * A stream proxy to all API servers. One that refuses is left out for five seconds and the connection goes to the next;
 * long watches live as long as the ten minutes of silence that kubelets' own pings never reach, also with the workers of a configuration
 * before a reload. `reuseport`, because one port has several sockets.
 */
function nginxConfiguration(cluster: Cluster, version: string): string {
  const { port, healthPort } = cluster.loadBalancer;
  const servers = apiServers(cluster).map(({ endpoint }) => `server ${endpoint} max_fails=2 fail_timeout=5s;`);
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
        ${lines(listenAddresses(cluster).map((address) => `listen ${hostPort(address, port)} reuseport;`))}
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
        location = /statistics {
          stub_status;
        }
        location / {
          return 404;
        }
      }
    }
  `;
}
