import type { KubeadmApiPart } from './api.ts';
import { v1beta3Like } from './v1beta3.ts';

/** The API of 1.20 and 1.21. v1beta3 dropped `dns.type` and `useHyperKubeImage` and added phases and patches, none of them written here. */
export const v1beta2: KubeadmApiPart = v1beta3Like('kubeadm.k8s.io/v1beta2');
