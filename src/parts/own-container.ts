import { type Command, sh } from '../formats/sh.ts';

/** For crictl: containers of the cluster itself. Pods of users may have some that are named nginx or etcd as well. kubelet gives the labels. */
export const OWN_CONTAINERS = ['--label', 'io.kubernetes.pod.namespace=kube-system'];

/** Prints the id of the cluster's own running container of this name, if there is one. */
export const ownContainer = (name: string): Command =>
  sh`crictl ps -q --state running ${OWN_CONTAINERS} --label ${`io.kubernetes.container.name=${name}`} | head -n 1`;
