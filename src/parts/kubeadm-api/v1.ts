import type { KubeadmApiPart } from './api.ts';
import { v1beta4Like } from './v1beta4.ts';

/**
 * The API after v1beta4. Its fields are those of v1beta4 and one more, `mergeMethod` of an argument (absent: replace),
 * which kha does not need. 1.37.2 knows it as an experiment that `init` and `join` refuse, so no release of
 * config/versions.yaml names it yet. Source: cmd/kubeadm/app/apis/kubeadm/v1/{doc,types}.go of Kubernetes 1.37.2.
 */
export const v1: KubeadmApiPart = v1beta4Like('kubeadm.k8s.io/v1');
