import type { Cluster, Host } from '../../cluster/cluster.ts';
import type { Facts } from '../../cluster/facts.ts';
import type { KubeadmApi } from '../../cluster/version.ts';
import { toYaml } from '../../formats/yaml.ts';
import type { InitRequest, JoinRequest, KubeadmApiPart } from './api.ts';
import { kubeadmModel } from './model.ts';
import { v1 } from './v1.ts';
import { v1beta2 } from './v1beta2.ts';
import { v1beta3 } from './v1beta3.ts';
import { v1beta4 } from './v1beta4.ts';

const kubeadmApis: Record<KubeadmApi, KubeadmApiPart> = { v1beta2, v1beta3, v1beta4, v1 };

const apiOf = (cluster: Cluster): KubeadmApiPart => kubeadmApis[cluster.kubernetes.release.kubeadmApi];

/** What `kubeadm init --config` reads on the first master: YAML, holds a token. `facts` are this host's. */
export const kubeadmInitConfig = (
  cluster: Cluster,
  host: Host,
  facts: Facts | undefined,
  request: InitRequest,
): string => toYaml(...apiOf(cluster).init(kubeadmModel(cluster, host, facts), request));

/** What `kubeadm join --config` reads on any other node: YAML, holds a token. `facts` are this host's. */
export const kubeadmJoinConfig = (
  cluster: Cluster,
  host: Host,
  facts: Facts | undefined,
  request: JoinRequest,
): string => toYaml(...apiOf(cluster).join(kubeadmModel(cluster, host, facts), request));
