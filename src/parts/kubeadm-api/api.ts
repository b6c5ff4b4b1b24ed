import type { KubeadmModel } from './model.ts';

/** What a first master needs besides the model. The token lives in the file only, for minutes. */
export interface InitRequest {
  /** `abcdef.0123456789abcdef` */
  token: string;
  /** For example `30m0s`. */
  tokenTtl: string;
}

export interface JoinRequest {
  token: string;
  /** `sha256:<hex>` of the public key of the cluster's authority. */
  caPin: string;
  /** `host:port` of the API server to join through. */
  endpoint: string;
  /** As a master, or as a worker. */
  controlPlane: boolean;
}

/** A version of kubeadm's configuration API: documents out of the one model. */
export interface KubeadmApiPart {
  apiVersion: `kubeadm.k8s.io/${string}`;
  init: (model: KubeadmModel, request: InitRequest) => unknown[];
  join: (model: KubeadmModel, request: JoinRequest) => unknown[];
}
