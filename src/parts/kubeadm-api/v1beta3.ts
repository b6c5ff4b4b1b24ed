import type { InitRequest, JoinRequest, KubeadmApiPart } from './api.ts';
import type { Args, Component, KubeadmModel } from './model.ts';

// Fields: kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta3. Arguments are maps, so none can stand twice;
// kubeadm's own certificates are valid for one and ten years, whatever is asked.

const sorted = (args: Args): Args => Object.fromEntries(Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1)));

const component = (c: Component): Record<string, unknown> => ({
  extraArgs: sorted(c.args),
  ...(c.volumes.length > 0 ? { extraVolumes: c.volumes } : {}),
});

const nodeRegistration = ({ node }: KubeadmModel): Record<string, unknown> => ({
  name: node.name,
  criSocket: node.criSocket,
  ...(node.taints === undefined ? {} : { taints: node.taints }),
  kubeletExtraArgs: sorted(node.kubeletArgs),
  ignorePreflightErrors: node.ignorePreflightErrors,
});

/** v1beta3 and v1beta2, which differ in fields that kha does not write. */
export const v1beta3Like = (apiVersion: KubeadmApiPart['apiVersion']): KubeadmApiPart => ({
  apiVersion,
  init: (model: KubeadmModel, { token, tokenTtl }: InitRequest) => [
    {
      apiVersion,
      kind: 'InitConfiguration',
      bootstrapTokens: [
        {
          token,
          ttl: tokenTtl,
          usages: ['signing', 'authentication'],
          groups: ['system:bootstrappers:kubeadm:default-node-token'],
        },
      ],
      localAPIEndpoint: { advertiseAddress: model.node.address, bindPort: model.node.apiServerPort },
      nodeRegistration: nodeRegistration(model),
    },
    {
      apiVersion,
      kind: 'ClusterConfiguration',
      clusterName: model.cluster.name,
      kubernetesVersion: model.cluster.version,
      controlPlaneEndpoint: model.cluster.endpoint,
      imageRepository: model.cluster.imageRepository,
      networking: model.cluster.networking,
      dns: model.cluster.dns,
      etcd: { external: model.cluster.etcd },
      apiServer: {
        ...component(model.cluster.apiServer),
        certSANs: model.cluster.sans,
        timeoutForControlPlane: `${model.readyMinutes}m0s`,
      },
      controllerManager: component(model.cluster.controllerManager),
      scheduler: component(model.cluster.scheduler),
    },
    model.kubelet,
    model.proxy,
  ],
  join: (model: KubeadmModel, { token, caPin, endpoint, controlPlane }: JoinRequest) => [
    {
      apiVersion,
      kind: 'JoinConfiguration',
      discovery: {
        bootstrapToken: { apiServerEndpoint: endpoint, token, caCertHashes: [caPin] },
        timeout: `${model.readyMinutes}m0s`,
      },
      nodeRegistration: nodeRegistration(model),
      ...(controlPlane
        ? {
            controlPlane: {
              localAPIEndpoint: { advertiseAddress: model.node.address, bindPort: model.node.apiServerPort },
            },
          }
        : {}),
    },
  ],
});

export const v1beta3: KubeadmApiPart = v1beta3Like('kubeadm.k8s.io/v1beta3');
