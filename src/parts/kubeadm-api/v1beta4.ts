import type { InitRequest, JoinRequest, KubeadmApiPart } from './api.ts';
import type { Args, Component, KubeadmModel } from './model.ts';

// Fields: kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4.

const listOf = (args: Args): { name: string; value: string }[] =>
  Object.keys(args)
    .sort()
    .map((name) => ({ name, value: args[name] ?? '' }));

const component = (c: Component): Record<string, unknown> => ({
  extraArgs: listOf(c.args),
  ...(c.volumes.length > 0 ? { extraVolumes: c.volumes } : {}),
});

const nodeRegistration = ({ node }: KubeadmModel): Record<string, unknown> => ({
  name: node.name,
  criSocket: node.criSocket,
  ...(node.taints === undefined ? {} : { taints: node.taints }),
  kubeletExtraArgs: listOf(node.kubeletArgs),
  ignorePreflightErrors: node.ignorePreflightErrors,
  imagePullPolicy: 'IfNotPresent',
});

const timeouts = (model: KubeadmModel): Record<string, string> => ({
  controlPlaneComponentHealthCheck: `${model.readyMinutes}m0s`,
  kubeletHealthCheck: `${model.readyMinutes}m0s`,
  tlsBootstrap: `${model.readyMinutes}m0s`,
  discovery: `${model.readyMinutes}m0s`,
});

/** v1beta4 and those of its fields. */
export const v1beta4Like = (apiVersion: KubeadmApiPart['apiVersion']): KubeadmApiPart => ({
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
      timeouts: timeouts(model),
    },
    {
      apiVersion,
      kind: 'ClusterConfiguration',
      clusterName: model.cluster.name,
      kubernetesVersion: model.cluster.version,
      controlPlaneEndpoint: model.cluster.endpoint,
      imageRepository: model.cluster.imageRepository,
      certificateValidityPeriod: period(model.cluster.leafDays),
      caCertificateValidityPeriod: period(model.cluster.caDays),
      networking: model.cluster.networking,
      dns: model.cluster.dns,
      etcd: { external: model.cluster.etcd },
      apiServer: { ...component(model.cluster.apiServer), certSANs: model.cluster.sans },
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
      discovery: { bootstrapToken: { apiServerEndpoint: endpoint, token, caCertHashes: [caPin] } },
      nodeRegistration: nodeRegistration(model),
      timeouts: timeouts(model),
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

export const v1beta4: KubeadmApiPart = v1beta4Like('kubeadm.k8s.io/v1beta4');

function period(days: number): string {
  const hours = Math.floor(days * 24);
  const minutes = Math.floor((days * 24 - hours) * 60);
  return `${hours}h${minutes}m${Math.round(days * 86_400) - hours * 3600 - minutes * 60}s`;
}
