import type { Cluster, Host } from '../cluster/cluster.ts';
import { isMaster, nodes } from '../cluster/role.ts';
import { images } from '../graph/effects/image.ts';
import { step } from '../graph/step.ts';
import { networkOf } from '../parts/network/registry.ts';
import { kubernetesPackages } from './kubernetes-packages.ts';

/** Those of etcd and the load balancer are pulled by their own steps, which nothing here shall hold up. */
export const pullImages = step({
  id: 'images',
  title: 'Images of the nodes',
  why: 'Pulled early and beside other work, so that init and join start containers and do not wait for the network.',
  after: [kubernetesPackages],
  hosts: nodes,
  effects: ({ cluster }, host) => [images(imagesOf(cluster, host))],
  policy: 'install',
});

function imagesOf(cluster: Cluster, host: Host): string[] {
  const { imageRepository, version } = cluster.kubernetes;
  const own = (name: string): string => `${imageRepository}/${name}:v${version}`;
  const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
  return [
    cluster.runtime.pauseImage,
    own('kube-proxy'),
    ...(networkOf(cluster)?.images(cluster) ?? []),
    ...(isMaster(cluster, host) ? [...controlPlane.map(own), cluster.dns.image] : []),
  ];
}
