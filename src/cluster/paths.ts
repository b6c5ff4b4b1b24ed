/** Where things lie on a host. One place, because steps write what activities remove and facts read. */

/** kha's own files beside those of kubeadm. */
export const KHA_DIR = '/etc/kubernetes/kha';
export const MANIFEST_DIR = '/etc/kubernetes/manifests';
export const ADMIN_CONF = '/etc/kubernetes/admin.conf';
/** It is there once kubeadm has made the host a node, or is about to. */
export const KUBELET_CONF = '/etc/kubernetes/kubelet.conf';
/** kubeadm's credential for the first words with the API server, a token; it takes it away when kubelet has its own. */
export const BOOTSTRAP_CONF = '/etc/kubernetes/bootstrap-kubelet.conf';
/** What kha asked a host for last: run of the operation, round of the task, boot id before, in a line. */
export const REBOOT_STAMP = '/var/lib/kha/reboot';

export const PKI_DIR = '/etc/kubernetes/pki';
/** Where kubeadm puts kubelet's configuration, whatever its root directory is. */
export const KUBELET_DIR = '/var/lib/kubelet';

/** kubelet without an API server: while both files are there, it runs nothing but the static pods of the host. */
export const STANDALONE_KUBELET = {
  configuration: `${KHA_DIR}/kubelet-standalone.yaml`,
  dropIn: '/etc/systemd/system/kubelet.service.d/20-kha-standalone.conf',
  /** Where the drop-in lies once kubeadm has the host. */
  aside: `${KHA_DIR}/kubelet-standalone.conf`,
} as const;

/** Facts read `initial-cluster-state` out of it. */
export const ETCD_CONFIGURATION = `${KHA_DIR}/etcd.yaml`;
/** Where an operator lays a snapshot of etcd that a cluster without members is to be recovered from. */
export const etcdSnapshot = (dataDir: string): string => `${dataDir}/snapshot.db`;
/**
 * Not `etcd.yaml`: `kubeadm init` and `kubeadm join --control-plane` take a file of that name for an etcd of their own
 * (preflight FileAvailable--etc-kubernetes-manifests-etcd.yaml), and `kubeadm reset` reads the data directory to delete
 * out of it. The seed has the same name, so its clusters can be taken over.
 */
export const ETCD_MANIFEST = `${MANIFEST_DIR}/etcd-external.yaml`;

export const LOAD_BALANCER_MANIFEST = `${MANIFEST_DIR}/kha-load-balancer.yaml`;

export const ENCRYPTION_CONFIGURATION = `${PKI_DIR}/secrets-encryption.yaml`;
/** Name of the store's secret with the API server's EncryptionConfiguration. */
export const encryptionSecret = (cluster: string): string => `${cluster}/encryption-config`;

/** kubelet's own certificate as a client: a link, which kubelet moves when it rotates it. */
export const KUBELET_CLIENT = `${KUBELET_DIR}/pki/kubelet-client-current.pem`;
/** What kha puts there where kubelet could not. */
export const KHA_KUBELET_CLIENT = `${KUBELET_DIR}/pki/kubelet-client-kha.pem`;
/** What kubelet shows since the cluster gave it one: a link as well. While it is there, kubelet reads no other. */
export const KUBELET_SERVER = `${KUBELET_DIR}/pki/kubelet-server-current.pem`;
/** Touched whenever kha changes what kubelet reads at its start: until kubelet has started after that, a restart is due. */
export const KUBELET_DUE = '/var/lib/kha/due/kubelet';

export const CRI_SOCKET = 'unix:///run/containerd/containerd.sock';
