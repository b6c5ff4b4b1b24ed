/** An error code in words. The message of the error itself says what was wrong in the very case. */
export interface ErrorCode {
  code: string;
  title: string;
  /** What it means and what to do. */
  explanation: string;
}

const entry = (code: string, title: string, explanation: string): ErrorCode => ({ code, title, explanation });

/** Every code that kha throws on purpose, in groups: 1 command line, 2 files, 3 hosts, 4 kha's own files, 6 Temporal, 7 ends of operations, 9 kha itself. */
export const errorCodes: readonly ErrorCode[] = [
  entry(
    'KHA1001',
    'The command line is wrong',
    'An option, an argument or a combination of them is not understood. `kha COMMAND --help` shows what there is.',
  ),
  entry(
    'KHA1002',
    'Not found',
    'The cluster, host, task, secret or operation that was named is not known here. Is KHA_HOME the one that you mean? `kha get clusters` lists what is known.',
  ),
  entry(
    'KHA1003',
    'Nobody can answer',
    'A question had to be asked, but there is no terminal. Give the flag that is named to answer in advance.',
  ),
  entry(
    'KHA1005',
    'The file contradicts the record',
    'A cluster is recorded with a declaration, and the file says something else. If the file is right, add --accept-changes. To run from the record, give --cluster in the place of files.',
  ),
  entry(
    'KHA1006',
    'An operation runs already',
    'A cluster has one operation at a time, and Temporal enforces it. Watch the running one with `kha status -w`, or end it with `kha abort`.',
  ),
  entry(
    'KHA1007',
    'The operation failed',
    'It ended without reaching its goal. What was done stays. The lines below the message are the last ones of what failed; `kha logs` has every command. Starting the operation again goes on from where the hosts stand.',
  ),
  entry(
    'KHA1008',
    'The operation waits for a person',
    'A task failed for good and is parked, and nothing else can go on without it. Repair the cause and `kha retry`, or `kha skip`, or `kha abort`.',
  ),
  entry('KHA1009', 'The answer was no', 'A question was answered with no, and nothing was done.'),
  entry('KHA1010', 'Interrupted', 'Ctrl-C. An operation that was watched goes on; `kha status -w` watches it again.'),
  entry(
    'KHA1011',
    'This machine is not ready',
    '`kha doctor` found something without which kha does not work here. Each line names the way out.',
  ),
  entry(
    'KHA1020',
    'No usable admin.conf',
    "The master's /etc/kubernetes/admin.conf is no kubeconfig. Read it from another master with --from, or repair it there: kubeadm init phase kubeconfig admin.",
  ),
  entry(
    'KHA1021',
    'Your kubeconfig is damaged',
    'The file to merge into can not be read as YAML with the form of a kubeconfig. It was left as it is.',
  ),
  entry(
    'KHA1022',
    'Your kubeconfig is locked',
    'kubectl and kha lock the file with a file beside it that ends in .lock. If nothing else runs, a killed program left it: remove it.',
  ),
  entry('KHA1023', 'No master gave its kubeconfig', 'No master could be reached, or none is initialised yet.'),
  entry(
    'KHA1101',
    'This load balancer is not there yet',
    'The cluster file names a load balancer that this version of kha does not install. The message lists those that it does.',
  ),
  entry(
    'KHA1102',
    'This network is not there yet',
    'The cluster file names a network plugin that this version of kha does not install. The message lists those that it does.',
  ),
  entry('KHA1103', 'No such operation', 'The name of the operation is not known. `kha explain operation` lists them.'),
  entry(
    'KHA2001',
    'The cluster file has errors',
    'Each is listed with its place and the way out. All are found at once, and nothing was touched.',
  ),
  entry('KHA2002', 'A file can not be read', 'The path is wrong, or the permissions do not allow it.'),
  entry(
    'KHA3001',
    'A host can not be reached',
    'There is no way to its address, or its name can not be resolved, from the machine that tried.',
  ),
  entry(
    'KHA3002',
    'A host refuses connections',
    'The machine answers but nothing listens at the SSH port. Start sshd, or correct the port.',
  ),
  entry('KHA3003', 'A host does not answer', 'It is off, or a firewall drops the packets.'),
  entry(
    'KHA3004',
    'A host refuses the login',
    'No key, agent or password that was tried was accepted for that user. The message lists what was tried.',
  ),
  entry(
    'KHA3005',
    'An unknown host key',
    "Nobody confirmed the host's key yet. `kha hosts trust CLUSTER` shows fingerprints and asks.",
  ),
  entry(
    'KHA3006',
    'A changed host key',
    'The host shows another key than the one that was confirmed. Either the machine was set up anew, then `kha hosts trust CLUSTER --host NAME --replace`; or somebody is in between, then stop.',
  ),
  entry('KHA3007', 'A refused host key', 'The key is revoked, or it is not the one that the cluster file pins.'),
  entry(
    'KHA3008',
    'A connection was lost',
    'It broke in the middle. What runs on the host goes on, and is taken up again at the next try.',
  ),
  entry('KHA3009', 'A command took too long', 'It did not end within its time. `kha logs` shows what it said last.'),
  entry(
    'KHA3010',
    'sudo does not work',
    'The user may not become root, or sudo asks for a password that is not given. See `kha explain hosts` for the settings.',
  ),
  entry('KHA3011', 'A bastion failed', 'The host is reached through another one, and that one could not be used.'),
  entry(
    'KHA3012',
    'No usable credential',
    'The key file can not be read, needs a passphrase, or there is no agent on the machine of the worker.',
  ),
  entry(
    'KHA3013',
    'The SSH handshake failed',
    'Client and host have no algorithm in common, or what answers is no SSH server.',
  ),
  entry('KHA3014', 'No usable shell', "The user's login shell is not a POSIX shell, or it prints something at login."),
  entry('KHA3015', 'No channel', 'sshd refuses more sessions on the connection; see MaxSessions in sshd_config.'),
  entry(
    'KHA3020',
    'Superseded',
    'A newer try of the same task runs on the host already, so this one stood back. Nothing is wrong.',
  ),
  entry(
    'KHA3021',
    'A remote job did not start',
    'The host could not start the detached command: its disk may be full, or /var/lib/kha can not be written.',
  ),
  entry('KHA3022', 'A remote job took too long', 'It was ended on the host after its time was over.'),
  entry(
    'KHA3023',
    'A remote job vanished',
    'It was there and is gone without an exit code: the host was restarted, or somebody killed it. Retry looks at the state and goes on.',
  ),
  entry('KHA3024', 'A bad name of a remote job', 'A defect of kha: please report it.'),
  entry('KHA3025', 'An upload failed', 'A file could not be put on the host: disk full, or a read-only file system.'),
  entry(
    'KHA3100',
    'A step could not bring a host to its state',
    'One of the effects of the step failed, or had no success. Its command and last lines are shown; `kha plan --dry-run` shows what is there and what shall be.',
  ),
  entry(
    'KHA3101',
    'Certificates could not be written',
    'The disk of the host may be full, or /etc/kubernetes can not be written.',
  ),
  entry('KHA3102', 'This operating system is not supported', 'The message lists the systems that kha installs on.'),
  entry('KHA3200', 'A command failed on a host', 'It ended with another exit code than 0. Its last lines are shown.'),
  entry(
    'KHA3201',
    'The facts of a host could not be read',
    'The script that reads them ended early. Its last lines are shown.',
  ),
  entry(
    'KHA3301',
    'etcd is not healthy',
    'Members are missing, differ, or raise an alarm. etcd must be whole before the next step may touch it.',
  ),
  entry(
    'KHA3302',
    'No API server is ready',
    "kha talks to the cluster through a master's own API server, and none answers /readyz. See `kubectl get --raw /readyz?verbose` and `crictl ps -a` on a master.",
  ),
  entry(
    'KHA3303',
    'The API server of a master does not become ready',
    'Its static pod was started, but /readyz stays away. `crictl logs` of kube-apiserver on that master tells why; mostly it is etcd.',
  ),
  entry(
    'KHA3304',
    'A joined node is not as it must be',
    'The host joined, but its Node object or kubelet is not what the step waits for. See the journal of kubelet on that host.',
  ),
  entry(
    'KHA3305',
    'The cluster is not healthy',
    'The health check at the end found what is named: nodes that are not Ready, members of etcd that differ, API servers that do not answer through a load balancer.',
  ),
  entry(
    'KHA3306',
    'A probe pod had no success',
    'A pod on each worker resolves and reaches the API service; on the named ones it could not. The network between pods, or CoreDNS, does not work there.',
  ),
  entry(
    'KHA3310',
    'kubeadm init failed',
    "kubeadm's last lines, kubelet's journal and containers that ended are shown. After the repair, retry goes on: kubeadm runs again only where it did not succeed.",
  ),
  entry(
    'KHA3311',
    'kubeadm join failed',
    "kubeadm's last lines, kubelet's journal and containers that ended are shown. After the repair, retry goes on.",
  ),
  entry(
    'KHA3400',
    'The hosts are not ready',
    'Preflight checks found what would make the operation fail later. Repair it, or name the checks in --ignore-preflight-errors.',
  ),
  entry(
    'KHA4001',
    'A stored document is missing',
    "A worker or command looked into another store than the one where the operation's documents are. All kha processes of one Temporal must share KHA_HOME or the store.",
  ),
  entry(
    'KHA4002',
    'A stored document is damaged',
    'Its content does not fit its digest, or it can not be read. Restore it from a backup of KHA_HOME.',
  ),
  entry(
    'KHA4003',
    'A bad name in the store',
    'Names of clusters and secrets are letters, digits, dots, dashes and slashes.',
  ),
  entry(
    'KHA4004',
    'A key file can not be used',
    "The key that encrypts secrets or Temporal's payloads is missing, damaged or readable by everybody. Without it, what was encrypted with it is lost: keep a backup of KHA_HOME/keys.",
  ),
  entry(
    'KHA4005',
    'A file of kha can not be read or written',
    'See the reason in the message: permissions, a full disk, a read-only file system.',
  ),
  entry(
    'KHA4006',
    'A payload can not be decrypted',
    'It was encrypted with a key that this machine does not have. Copy KHA_HOME/keys/codec.key from the machine that started the operation.',
  ),
  entry(
    'KHA4100',
    'A secret of the cluster is missing',
    'The step needs a key or token that an earlier step makes and keeps in the store. Is the store the one that the operation began with?',
  ),
  entry(
    'KHA4101',
    'A credential is missing',
    'The cluster file refers to an environment variable, a file or a secret that does not exist where the kha worker runs.',
  ),
  entry(
    'KHA4201',
    'A certificate authority can not be used',
    'The key or certificate of the authority in the store can not be read, or is of a kind that kha does not sign with.',
  ),
  entry(
    'KHA4202',
    'A name that can not stand in a certificate',
    'A DNS name or an address among pki.sans or the hosts is malformed.',
  ),
  entry(
    'KHA6001',
    'Temporal can not be reached',
    'Nothing answers at the address. `kha server` runs a Temporal here; TEMPORAL_ADDRESS names another.',
  ),
  entry(
    'KHA6010',
    'No kha worker answers',
    'Temporal runs, but no worker tells how the operation stands. Start one with `kha worker` or `kha server`; the operation waits for it.',
  ),
  entry('KHA6011', 'Temporal refuses', 'The API key or the client certificate is not accepted, or may not do this.'),
  entry('KHA6102', '`kha server` runs already', 'One at a time for each KHA_HOME.'),
  entry('KHA6103', 'A port is taken', 'Another program listens there. Give `kha server` other ports.'),
  entry(
    'KHA6104',
    'The program temporal is missing',
    '`kha server` needs it. Install it, or name it in KHA_TEMPORAL_CLI.',
  ),
  entry('KHA6105', 'Temporal does not start', 'Its log under KHA_HOME/temporal tells why.'),
  entry(
    'KHA6106',
    'The settings for Temporal are wrong',
    "A TEMPORAL_… variable or Temporal's configuration file can not be understood.",
  ),
  entry(
    'KHA6108',
    'No such namespace',
    'Temporal has no namespace of that name. TEMPORAL_NAMESPACE or --namespace names another.',
  ),
  entry(
    'KHA7001',
    'Aborted',
    'An operator ended the operation. It can be started again and goes on from where the hosts stand.',
  ),
  entry(
    'KHA7002',
    'Another plan than the approved one',
    'Hosts or declaration changed since the plan was approved. Look at the new one with `kha plan --dry-run` and approve that.',
  ),
  entry(
    'KHA7003',
    'Ended from outside',
    'The workflow was cancelled or terminated in Temporal itself. What ran on the hosts may have gone on; starting the operation again takes it up.',
  ),
  entry('KHA9000', 'A defect of kha', 'Something happened that must not. Please report it with the output of --debug.'),
  entry(
    'KHA9001',
    'No result in time, or a damaged installation',
    'A task gave no result in its time: is a kha worker running, and can it reach the host? Where the message names a file of kha, install it again.',
  ),
  entry(
    'KHA9100',
    'A look at a host said too little',
    'The script that looks at the state of a host ended early: the host may be out of memory or disk, or its shell is unusual.',
  ),
];

export const errorNamed = (code: string): ErrorCode | undefined =>
  errorCodes.find((e) => e.code === code.toUpperCase());
