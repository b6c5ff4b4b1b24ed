#!/bin/bash
# base.sh: make the root file system that all lab hosts share: a bare Debian 12 server, as an installer leaves it.
# Called by base.ts with the places in the environment:
#   BASE     the directory to make (a temporary one; the caller renames it)
#   KEYS     id_lab.pub, pat.password (0600) and apt.asc of the lab
#   CACHE    downloaded Debian packages
#   SUITE, DEBIAN_MIRROR, PACKAGES (comma separated), GATEWAY, DEBIAN_REPOSITORY (what /etc/apt/sources.list names)
set -euo pipefail
# Mounts made here stay here, and go when this ends, however it ends.
[ -n "${LAB_OWN_MOUNTS:-}" ] || LAB_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0" "$@"
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$CACHE"
nice debootstrap --variant=minbase --include="$PACKAGES" --cache-dir="$CACHE" "$SUITE" "$BASE" "$DEBIAN_MIRROR"

cp -r --no-preserve=ownership "$here/files/." "$BASE/"
chmod 755 "$BASE"/usr/local/lib/lab/*
echo "deb [signed-by=/usr/share/keyrings/kha-lab.asc] $DEBIAN_REPOSITORY $SUITE main" >"$BASE/etc/apt/sources.list"
install -m 644 "$KEYS/apt.asc" "$BASE/usr/share/keyrings/kha-lab.asc"
echo "nameserver $GATEWAY" >"$BASE/etc/resolv.conf"       # nothing answers: hosts are offline
: >"$BASE/etc/machine-id"                                 # these are made for each host
rm -f "$BASE"/etc/ssh/ssh_host_* "$BASE/etc/fstab" "$BASE/etc/hostname"

# root by key; ops by key with sudo as it comes; pat by key or password with sudo that asks for the password
login() { # login USER HOME: let the lab's key in
  install -d -m 700 -o "$1" -g "$1" "$BASE$2/.ssh"
  install -m 600 -o "$1" -g "$1" "$KEYS/id_lab.pub" "$BASE$2/.ssh/authorized_keys"
}
login root /root
uid=1000
for user in ops pat; do
  chroot "$BASE" useradd --uid $uid --create-home --shell /bin/bash --groups sudo $user
  login $uid /home/$user
  uid=$((uid + 1))
done
echo 'ops ALL=(ALL) NOPASSWD:ALL' >"$BASE/etc/sudoers.d/ops"
chmod 440 "$BASE/etc/sudoers.d/ops"
{ printf 'pat:'; cat "$KEYS/pat.password"; } | chroot "$BASE" chpasswd

# A kernel without loadable modules: name those that a node's set-up loads as built in, so that `modprobe br_netfilter`
# succeeds and `modprobe nonsense` fails. On a kernel with modules the supervisor lays the machine's own over this.
modules=$BASE/lib/modules/$(uname -r)
mkdir -p "$modules"
for k in net/bridge/br_netfilter net/bridge/bridge fs/overlayfs/overlay drivers/net/vxlan/vxlan drivers/net/veth drivers/net/tun \
         net/netfilter/nf_conntrack net/netfilter/nf_tables net/netfilter/xt_comment net/netfilter/xt_MASQUERADE \
         net/ipv4/netfilter/ip_tables net/ipv4/netfilter/iptable_nat net/ipv4/netfilter/iptable_filter; do
  echo "kernel/$k.ko"
done >"$modules/modules.builtin"
: >"$modules/modules.order"
: >"$modules/modules.builtin.modinfo"
chroot "$BASE" depmod "$(uname -r)"

# units that make no sense in a host that shares its kernel and has no console
for u in systemd-udevd.service systemd-udev-trigger.service systemd-timesyncd.service console-getty.service getty.target \
         sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount \
         apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer; do
  ln -sf /dev/null "$BASE/etc/systemd/system/$u"
done
chroot "$BASE" systemctl --quiet enable lab-early.service lab-net.service
chroot "$BASE" apt-get clean
rm -rf "$BASE"/var/lib/apt/lists/*
