import type { ErrorCode } from './error-code.ts';

/** Codes of steps: what did not come about on a host or in the cluster. */
export const stepCodes: readonly ErrorCode[] = [
  {
    code: 'KHA3100',
    title: 'A step could not bring a host to its state',
    blame: ['host'],
    meaning: 'One of the effects of the step failed, or had no success. It is named, with its last lines.',
    wayOut: '`kha plan OPERATION --cluster NAME --dry-run` shows what is there and what shall be.',
  },
  {
    code: 'KHA3101',
    title: 'Certificates could not be written',
    blame: ['host'],
    meaning: 'kha could not write below /etc/kubernetes on the host.',
    wayOut: 'Is the disk full, or the file system read-only?',
  },
  {
    code: 'KHA3102',
    title: 'This operating system is not supported',
    blame: ['host'],
    meaning: 'The facts of the host name a system for which kha has no part.',
    wayOut: 'The message lists the systems that kha installs on.',
  },
  {
    code: 'KHA3301',
    title: 'etcd is not healthy',
    blame: ['cluster'],
    meaning: 'Members are missing, differ, or raise an alarm. etcd must be whole before the next step may touch it.',
    wayOut: '`crictl logs` of etcd on the named host; disk full and blocked ports 2379 and 2380 are the usual reasons.',
  },
  {
    code: 'KHA3302',
    title: 'No API server is ready',
    blame: ['cluster'],
    meaning:
      "kha talks to the cluster through a master's own API server, and none answers /readyz; or no master can be reached, or none is initialised.",
    wayOut:
      'On a master: `crictl ps -a` and `crictl logs` of kube-apiserver. Mostly it is etcd. Where there is no cluster yet, init-cluster makes it.',
  },
  {
    code: 'KHA3303',
    title: 'The API server of a master does not become ready',
    blame: ['cluster'],
    meaning: 'Its static pod was started, but /readyz stays away.',
    wayOut: '`crictl logs` of kube-apiserver on that master tells why; mostly it is etcd.',
  },
  {
    code: 'KHA3304',
    title: 'The control plane is not healthy enough for the next master',
    blame: ['cluster'],
    meaning: 'Before a master joins, all members of etcd must be there and agree.',
    wayOut: '`crictl logs` of etcd on the named host, then retry.',
  },
  {
    code: 'KHA3305',
    title: 'The cluster is not healthy',
    blame: ['cluster'],
    meaning:
      'The health check at the end found what is named: nodes that are not Ready or of another version, members of etcd that differ, API servers that do not answer through a load balancer.',
    wayOut: '`kubectl get nodes` and `kubectl get pods -A` on a master.',
  },
  {
    code: 'KHA3306',
    title: 'A probe pod had no success',
    blame: ['cluster'],
    meaning: 'A pod on each worker resolves and reaches the API service; on the named ones it could not.',
    wayOut:
      'The network between pods, or CoreDNS, does not work there: see the pods in kube-flannel and kube-system, and whether a firewall drops VXLAN (UDP 8472).',
  },
  {
    code: 'KHA3307',
    title: 'The new way does not lead to the API servers',
    blame: ['cluster'],
    meaning:
      'Nodes are to go another way to the API, and one of them, which asked there, got no answer of an API server, or one with a certificate that is not of this cluster or not for that address. Nobody was led there yet.',
    wayOut:
      "A balancer of your own: it must forward TCP to port 6443 of the masters, without a TLS of its own, and the node must be let through to it. A virtual address: does one of its hosts have it (`ip -o addr`), and do VRRP's packets pass? Then retry; or abort, and nothing has changed for the nodes.",
  },
  {
    code: 'KHA3310',
    title: 'kubeadm init failed',
    blame: ['host'],
    meaning: "kubeadm's last lines, kubelet's journal and containers that ended are shown.",
    wayOut: 'After the repair, retry: kubeadm runs again only where it did not succeed.',
  },
  {
    code: 'KHA3311',
    title: 'kubeadm join failed',
    blame: ['host'],
    meaning: "kubeadm's last lines, kubelet's journal and containers that ended are shown.",
    wayOut: 'After the repair, retry: kubeadm runs again only where it did not succeed.',
  },
  {
    code: 'KHA3312',
    title: 'A new member of etcd does not come up',
    blame: ['cluster'],
    meaning:
      'It was added as a learner, and does not start, or does not catch up with the leader. It has no vote meanwhile: the others go on without it.',
    wayOut: '`crictl logs` of etcd on the named host; ports 2379 and 2380 must be open both ways. Then retry.',
  },
  {
    code: 'KHA3313',
    title: "There is data of another etcd's member",
    blame: ['host'],
    meaning:
      'A member that joins begins with an empty data directory, and this host has one that is not: of a cluster before this one, or of a member that was removed while the host was down.',
    wayOut: 'Reset the host (`kha start-workflow reset-node`), or move the directory away, then retry.',
  },
  {
    code: 'KHA3314',
    title: 'etcd would lose its quorum',
    blame: ['cluster'],
    meaning:
      'More than half of the members that stay must answer, else nothing can be written any more. Some are silent already, so this one may not leave now.',
    wayOut: 'The silent ones are named. Bring them back, or remove these first; then this one.',
  },
  {
    code: 'KHA3315',
    title: 'etcd has its quorum',
    blame: ['cluster'],
    meaning:
      'recover-cluster takes etcd apart and goes on from one member, which loses what the others alone have. Here a leader is there, so that nothing has to be lost.',
    wayOut: 'Dead hosts are removed in order while etcd decides: `kha start-workflow remove-node --host …`.',
  },
  {
    code: 'KHA3316',
    title: 'No member of etcd runs that could be gone on from',
    blame: ['cluster'],
    meaning:
      'A cluster is recovered from a member that runs, with or without a leader: it tells how new its keys are. None of those that are not lost does.',
    wayOut:
      'On a host that has /var/lib/etcd/member: start kubelet, look at `crictl ps -a` and `crictl logs` of etcd, repair what they name.',
  },
  {
    code: 'KHA3317',
    title: 'A host that is said to be lost answers',
    blame: ['cluster'],
    meaning:
      'It would go on with what it knows of the former cluster, API server and etcd included, and two clusters would claim the same nodes.',
    wayOut:
      'Leave it out of `--lost`, and it joins again; or power it off for good. One that was installed anew, and has nothing of Kubernetes, may answer.',
  },
  {
    code: 'KHA3340',
    title: 'An authority has ended',
    blame: ['cluster'],
    meaning: 'Nothing that it signs would be valid, so no certificate can be renewed.',
    wayOut:
      'Has the clock of a worker gone wrong? Authorities have to be replaced before they end: `kha get certificates` tells when, `kha start-workflow renew-certificates --rotate-ca` does it.',
  },
  {
    code: 'KHA3341',
    title: 'What is served is not what is on disk',
    blame: ['cluster'],
    meaning:
      'After a renewal each port is asked. One shows another certificate than its file has, or nobody answers there.',
    wayOut:
      '`kha get certificates -o wide` shows both. `crictl logs` of the component, or the journal of kubelet, tells why; then retry.',
  },
  {
    code: 'KHA3342',
    title: 'A component does not come back',
    blame: ['cluster', 'host'],
    meaning: 'It was started anew for a certificate that it reads at its start alone, and is not healthy since.',
    wayOut: 'The last lines are its own. Repair what they name, then retry; the hosts behind it were not touched.',
  },
  {
    code: 'KHA3343',
    title: 'Authorities are being replaced',
    blame: ['cluster'],
    meaning: 'Hosts trust two authorities for a while, and kubeadm makes a master only where there is one.',
    wayOut: 'Let the replacement end, `kha start-workflow renew-certificates --rotate-ca` goes on with it; then retry.',
  },
  {
    code: 'KHA3330',
    title: 'A node can not be drained',
    blame: ['cluster'],
    meaning:
      'Pods stay on a node that shall be emptied: a budget for disruptions (PodDisruptionBudget) allows none now, nobody would make a pod anew, or it has data on the node.',
    wayOut:
      'The lines below the message name them. Give the budget room, move or delete the pods, then say retry. Or abort, and start again with --drain force,delete-emptydir-data, which lets them go; or skip the task, and what runs there goes down with the node.',
  },
  {
    code: 'KHA3331',
    title: 'The cluster can not do without the host now',
    blame: ['cluster'],
    meaning:
      'Before a host is drained and restarted, all others are looked at: members of etcd, API servers, nodes and their leases. What is named is not whole, and with the host away as well something would stand still.',
    wayOut:
      'Repair what is named, then `kha retry`. Workers that are away for another reason: raise --max-unavailable; or skip the task, and the host goes all the same.',
  },
  {
    code: 'KHA3332',
    title: 'A host is not back from its reboot',
    blame: ['cluster', 'host'],
    meaning:
      'The host was asked to restart, and within `timeouts.rebootMinutes` it did not answer with another boot id. No other host goes meanwhile.',
    wayOut:
      'Look at its console, and bring it up. Then `kha retry`: a host that is back by then is not rebooted again. A machine that only takes longer: raise `timeouts.rebootMinutes`. `kha abort` uncordons the node and ends the operation.',
  },
  {
    code: 'KHA3333',
    title: 'A host is back with another kernel',
    blame: ['host'],
    meaning:
      'The host restarted, and runs another kernel than the one that was installed and made the default: it may have fallen back, or its boot loader reads another configuration than the one that was verified. No other host goes meanwhile.',
    wayOut:
      'See its console, and `journalctl -b -1` there. `kha retry` reboots it once more; skip goes on with the kernel that it has; `kha abort` uncordons the node and ends the operation.',
  },
  {
    code: 'KHA3334',
    title: 'A host does not do its work after the restart',
    blame: ['cluster'],
    meaning:
      'The host is up, and what is named is not: modules or settings of its kernel, a static pod, its member of etcd, its API server, or a lease of its node since the start. The node stays cordoned, and no other host goes meanwhile.',
    wayOut:
      'Repair it on the host (`journalctl -u kubelet -b`, `crictl ps -a`), then `kha retry`. `kha abort` uncordons the node and ends the operation.',
  },
  {
    code: 'KHA3335',
    title: 'The boot loader would boot another kernel',
    blame: ['host'],
    meaning:
      'Right before its reboot a host is asked once more which kernel its default entry boots, and it is not the one that was set: somebody has changed it since. The host was drained, and not rebooted.',
    wayOut:
      'Set it on the host (`grub-set-default`, `grubby --set-default`), then `kha retry`; or `kha abort`, which uncordons the node, and start again.',
  },
  {
    code: 'KHA3400',
    title: 'The hosts are not ready',
    blame: ['host'],
    meaning: 'Preflight checks found what would make the operation fail later. Nothing was touched.',
    wayOut: 'Repair it, or name the checks in --ignore-preflight-errors.',
  },
  {
    code: 'KHA3401',
    title: 'The clock of a host went wrong meanwhile',
    blame: ['host'],
    meaning:
      'The clocks agreed when the operation began, and now one host differs by more than `preflight.maxClockSkewSeconds`. The task parks before it touches the host: certificates, leases and etcd go by the clock.',
    wayOut: 'Synchronise the clock (chrony, systemd-timesyncd), then `kha retry`.',
  },
  {
    code: 'KHA9100',
    title: 'A look at a host said too little',
    blame: ['kha'],
    meaning: 'The script that looks at the state of a host ended early.',
    wayOut: 'Is the host out of memory or disk, or its shell unusual? If not, please report it.',
  },
];
