import type { Cluster } from '../../cluster/cluster.ts';
import { hostPort } from '../../cluster/endpoint.ts';
import { sh } from '../../formats/sh.ts';
import { lines, text } from '../../formats/text.ts';
import { apiServers, listenAddresses, LOAD_BALANCER_DIR, type LoadBalancer, ONLY_PORTS } from './load-balancer.ts';

const FILE = `${LOAD_BALANCER_DIR}/haproxy.cfg`;
const USERS = 'statistics-users.cfg';
const FILES = ['-f', `${LOAD_BALANCER_DIR}/${USERS}`, '-f', FILE];

export const haproxy: LoadBalancer = {
  mode: 'haproxy',
  files: (cluster, _, version) => ({ 'haproxy.cfg': haproxyConfiguration(cluster, version) }),
  own: {
    [USERS]: sh`printf 'userlist statistics\\n  user kha insecure-password %s\\n' "$(head -c 16 /dev/urandom | od -An -v -tx1 | tr -d ' \\n')"`,
  },
  readAtStart: [],
  judge: [['haproxy', '-c', ...FILES]],
  // The master process is the first of its container. It hands the listening sockets over to the next worker.
  reload: ['sh', '-c', 'kill -USR2 1'],
  container: {
    command: ['haproxy', '-W', '-db', ...FILES],
    resources: { requests: { cpu: '25m', memory: '64Mi' } },
    securityContext: ONLY_PORTS,
  },
};

/**
 * Each API server is asked for its readiness; whom a connection finds dead is out at once. The check goes no further than the question:
 * clients verify the certificate themselves, end to end. Every ten seconds, because each check is a TLS handshake, and a master
 * of a thousand nodes is asked by them all. Where none is ready all are tried: a check that is wrong everywhere must
 * not take the cluster away.
 */
function haproxyConfiguration(cluster: Cluster, version: string): string {
  const { port, healthPort } = cluster.loadBalancer;
  const servers = lines(apiServers(cluster).map(({ name, endpoint }) => `server ${name} ${endpoint}`));
  return text`
    global
      log stderr format raw local0 notice
      nbthread 2
      maxconn 16384
      no strict-limits
      hard-stop-after 1h
      spread-checks 20

    defaults
      mode tcp
      log global
      balance leastconn
      retries 3
      option redispatch 1
      timeout connect 1s
      timeout client 10m
      timeout server 10m
      timeout check 3s

    frontend kube_apiserver
      ${lines(listenAddresses(cluster).map((address) => `bind ${hostPort(address, port)}`))}
      use_backend any if { nbsrv(ready) eq 0 }
      default_backend ready

    backend ready
      option httpchk GET /readyz
      http-check expect status 200
      default-server check check-ssl verify none inter 10s fastinter 1s downinter 2s rise 1 fall 2
      default-server observe layer4 error-limit 1 on-error mark-down
      ${servers}

    backend any
      ${servers}

    frontend health
      mode http
      timeout client 10s
      timeout http-request 10s
      bind ${hostPort('127.0.0.1', healthPort)}
      stats enable
      stats uri /statistics
      stats hide-version
      http-request return status 200 if { path /healthz }
      http-request return status 200 content-type text/plain string ${version} if { path /configuration }
      http-request return status 404 unless { path_beg /statistics }
      http-request auth realm statistics unless { http_auth(statistics) }
  `;
}
