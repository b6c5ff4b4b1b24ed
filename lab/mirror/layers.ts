import { join } from 'node:path';
import { cni } from '../artifacts/cni.ts';
import { coredns } from '../artifacts/coredns.ts';
import { debianBase, debianBusybox, debianHaproxy, debianKeepalived, debianNginx } from '../artifacts/debian-files.ts';
import { envoy } from '../artifacts/envoy.ts';
import { etcd } from '../artifacts/etcd.ts';
import { flannel } from '../artifacts/flannel.ts';
import { kubernetes, kubernetesPrograms } from '../artifacts/kubernetes.ts';
import { pause } from '../artifacts/pause.ts';
import type { Piece } from '../pieces/piece.ts';
import type { Content } from './tree.ts';
import type { Layer } from './image.ts';

type DirectoryOf = (piece: Piece) => string;

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
haproxy:x:99:99:haproxy:/var/lib/haproxy:/usr/sbin/nologin
nginx:x:101:101:nginx:/nonexistent:/bin/false
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;

const group = `root:x:0:
daemon:x:1:
adm:x:4:
www-data:x:33:
haproxy:x:99:
nginx:x:101:
nonroot:x:65532:
nogroup:x:65534:
`;

/** What nearly every image has. */
const accounts: Record<string, Content> = {
  '/etc/passwd': { text: passwd },
  '/etc/group': { text: group },
  '/tmp': { directory: true, mode: 0o1777 },
};

/** Picks the nft or the legacy flavour of iptables once, as the kubelet did (its hint chain), and turns the links to it. */
const iptablesWrapper = `#!/bin/sh
mode=
for m in nft legacy; do
  iptables-$m-save -t mangle 2>/dev/null | grep -q KUBE-IPTABLES-HINT && { mode=$m; break; }
  ip6tables-$m-save -t mangle 2>/dev/null | grep -q KUBE-IPTABLES-HINT && { mode=$m; break; }
done
if [ -z "$mode" ]; then
  if iptables-nft -t nat -S >/dev/null 2>&1; then mode=nft; else mode=legacy; fi
fi
flavour() { case $1 in *-save) echo \${1%-save}-$mode-save ;; *-restore) echo \${1%-restore}-$mode-restore ;; *) echo $1-$mode ;; esac; }
for c in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -sf /usr/sbin/$(flavour $c) /usr/sbin/$c 2>/dev/null
done
exec /usr/sbin/$(flavour \${0##*/}) "$@"
`;

/** Certificates of public authorities, in one file; a script of the package would make it. */
function certificates(directoryOf: DirectoryOf): Content {
  return { concatenated: join(directoryOf(debianBase), 'usr/share/ca-certificates/mozilla') };
}

/** A small Debian with iptables. */
export function debianLayer(directoryOf: DirectoryOf): Layer {
  const wrapped = ['iptables', 'iptables-save', 'iptables-restore'].flatMap((name) => [
    name,
    name.replace('ip', 'ip6'),
  ]);
  return {
    name: 'debian',
    root: debianBase,
    files: {
      ...accounts,
      '/run': { directory: true },
      '/bin/sh': { link: 'dash' },
      '/usr/bin/awk': { link: 'mawk' },
      '/etc/nsswitch.conf': {
        text: 'passwd: files\ngroup: files\nhosts: files dns\nprotocols: files\nservices: files\n',
      },
      '/etc/ssl/certs/ca-certificates.crt': certificates(directoryOf),
      '/usr/sbin/iptables-wrapper': { text: iptablesWrapper, mode: 0o755 },
      ...Object.fromEntries(wrapped.map((name) => [`/usr/sbin/${name}`, { link: 'iptables-wrapper' }])),
    },
  };
}

/** No more than a static program needs. */
export function minimalLayer(directoryOf: DirectoryOf): Layer {
  return {
    name: 'minimal',
    files: {
      ...accounts,
      '/etc/nsswitch.conf': { text: 'hosts: files dns\n' },
      '/etc/ssl/certs/ca-certificates.crt': certificates(directoryOf),
    },
  };
}

export function kubernetesLayer(version: string, directoryOf: DirectoryOf): Layer {
  const links = kubernetesPrograms.map((name) => [`/usr/local/bin/${name}`, { link: 'hyperkube' }] as const);
  return {
    name: `kubernetes-${version}`,
    files: {
      '/usr/local/bin/hyperkube': { copy: join(directoryOf(kubernetes(version)), 'hyperkube') },
      ...Object.fromEntries(links),
    },
  };
}

export function etcdLayer(version: string, directoryOf: DirectoryOf): Layer {
  return {
    name: `etcd-${version}`,
    files: {
      '/usr/local/bin/etcd': { copy: join(directoryOf(etcd(version)), 'etcd') },
      '/usr/local/bin/etcdctl': { link: 'etcd' },
      '/usr/local/bin/etcdutl': { link: 'etcd' },
    },
  };
}

export function corednsLayer(version: string, directoryOf: DirectoryOf): Layer {
  return {
    name: `coredns-${version}`,
    files: { '/coredns': { copy: join(directoryOf(coredns(version)), 'coredns') } },
  };
}

export function pauseLayer(version: string, directoryOf: DirectoryOf): Layer {
  return { name: `pause-${version}`, files: { '/pause': { copy: join(directoryOf(pause(version)), 'pause') } } };
}

export function flannelLayer(directoryOf: DirectoryOf): Layer {
  return { name: 'flannel', files: { '/opt/bin/flanneld': { copy: join(directoryOf(flannel), 'flanneld') } } };
}

/** The CNI program called flannel is the flannel plugin. */
export function flannelPluginLayer(directoryOf: DirectoryOf): Layer {
  return { name: 'flannel-cni-plugin', files: { '/flannel': { copy: join(directoryOf(cni), 'cni') } } };
}

export function busyboxLayer(directoryOf: DirectoryOf, applets: readonly string[]): Layer {
  return {
    name: 'busybox',
    files: {
      ...accounts,
      '/bin/busybox': { copy: join(directoryOf(debianBusybox), 'bin/busybox') },
      ...Object.fromEntries(applets.map((name) => [`/bin/${name}`, { link: 'busybox' }])),
      '/root': { directory: true, mode: 0o700 },
    },
  };
}

export const haproxyLayer: Layer = {
  name: 'haproxy',
  root: debianHaproxy,
  files: {
    '/usr/local/sbin/haproxy': { link: '/usr/sbin/haproxy' },
    '/usr/local/etc/haproxy': { directory: true },
    '/var/lib/haproxy': { directory: true },
    '/run/haproxy': { directory: true },
  },
};

export const keepalivedLayer: Layer = { name: 'keepalived', root: debianKeepalived, files: {} };

export function envoyLayer(directoryOf: DirectoryOf): Layer {
  return { name: 'envoy', files: { '/usr/local/bin/envoy': { copy: join(directoryOf(envoy), 'envoy') } } };
}

const nginxConfiguration = `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`;

const nginxSite = `server {
  listen 80;
  listen [::]:80;
  location / { root /usr/share/nginx/html; index index.html; }
}
`;

/** Upstream's image has the stream module compiled in; in Debian's nginx it must be loaded before any configuration is read. */
const nginxWrapper = `#!/bin/sh
stream='load_module /usr/lib/nginx/modules/ngx_stream_module.so;'
n=$#
found=
while [ "$n" -gt 0 ]; do
  word=$1
  shift
  if [ "$word" = -g ] && [ "$n" -gt 1 ]; then
    set -- "$@" -g "$stream $1"
    shift
    n=$((n - 1))
    found=1
  else
    set -- "$@" "$word"
  fi
  n=$((n - 1))
done
[ -n "$found" ] || set -- "$@" -g "$stream"
exec /usr/lib/nginx/nginx "$@"
`;

export function nginxLayer(directoryOf: DirectoryOf): Layer {
  const welcome = '<!DOCTYPE html>\n<title>Welcome to nginx!</title>\n<h1>Welcome to nginx!</h1>\n';
  return {
    name: 'nginx',
    root: debianNginx,
    files: {
      '/usr/sbin/nginx': { text: nginxWrapper, mode: 0o755 },
      '/usr/lib/nginx/nginx': { copy: join(directoryOf(debianNginx), 'usr/sbin/nginx') },
      '/var/lib/nginx': { directory: true },
      '/var/log/nginx/access.log': { link: '/dev/stdout' },
      '/var/log/nginx/error.log': { link: '/dev/stderr' },
      '/usr/share/nginx/html/index.html': { text: welcome },
      '/etc/nginx/conf.d/default.conf': { text: nginxSite },
      '/etc/nginx/nginx.conf': { text: nginxConfiguration },
    },
  };
}
