#!/bin/bash
# base.sh: make the disk of a virtual machine with a kernel and a boot loader of its own: Debian, GRUB, sshd.
# Called by vm-base.ts with the places in the environment:
#   DISK     the file to make
#   FIRMWARE bios (an MBR disk) or efi (GPT, with the partition that the firmware reads)
#   KEYS     id_lab.pub of the lab
#   CACHE    downloaded Debian packages
#   SUITE, DEBIAN_MIRROR, PACKAGES (comma separated)
#   KERNELS  packages of kernels; the VM has them as a repository at /srv/kernels, and OLD (a release) installed
set -euo pipefail
# Mounts made here stay here, and go when this ends, however it ends.
[ -n "${LAB_OWN_MOUNTS:-}" ] || LAB_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0" "$@"
here=$(cd "$(dirname "$0")" && pwd)

root=$DISK.root disk= part= esp=
cleanup() {
  for m in dev/pts dev proc sys ''; do if mountpoint -q "$root/$m"; then umount "$root/$m"; fi; done
  rmdir "$root" 2>/dev/null || :
  for p in $part $esp; do losetup -d "$p" 2>/dev/null || :; rm -f "$p"; done
  if [ -n "$disk" ]; then losetup -d "$disk"; fi
}
trap cleanup EXIT
mkdir -p "$CACHE" "$root"
truncate -s 4G "$DISK"
case $FIRMWARE in
  bios) echo '2048,8386560,L,*' | sfdisk -q "$DISK"; start=2048 sectors=8386560 ;;
  efi) printf 'label: gpt\n2048,131072,U\n133120,8253440,L\n' | sfdisk -q "$DISK"; start=133120 sectors=8253440 ;;
esac
disk=$(losetup --show -f "$DISK")
# Not every kernel looks for partitions on a loop device, so each partition gets one of its own. Its number has two digits:
# GRUB makes no menu for a root on /dev/loop[0-9].
partition() {
  local i
  for ((i = 64; i < 99; i++)); do
    [ -b "/dev/loop$i" ] || mknod -m 600 "/dev/loop$i" b 7 "$i"
    if losetup -o $(($1 * 512)) --sizelimit $(($2 * 512)) "/dev/loop$i" "$DISK" 2>/dev/null; then echo "/dev/loop$i"; return; fi
  done
}
part=$(partition $start $sectors)
mkfs.ext4 -q -L root -O ^metadata_csum_seed -m 0 "$part"
mount "$part" "$root"
if [ "$FIRMWARE" = efi ]; then
  esp=$(partition 2048 131072)
  mkfs.vfat -F 32 -n EFI "$esp" >/dev/null
fi
nice debootstrap --variant=minbase --include="$PACKAGES" --cache-dir="$CACHE" "$SUITE" "$root" "$DEBIAN_MIRROR"

uuid=$(blkid -s UUID -o value "$part")
echo "UUID=$uuid / ext4 errors=remount-ro,noatime 0 1" >"$root/etc/fstab"
if [ -n "$esp" ]; then echo "UUID=$(blkid -s UUID -o value "$esp") /boot/efi vfat umask=0077 0 0" >>"$root/etc/fstab"; fi
echo vm1 >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 vm1\n' >"$root/etc/hosts"
: >"$root/etc/resolv.conf"
cp -r --no-preserve=ownership "$here/files/." "$root/"
chmod 755 "$root"/usr/local/lib/lab/*
printf 'virtio_pci\nvirtio_blk\next4\nvfat\nnls_ascii\nnls_cp437\n' >>"$root/etc/initramfs-tools/modules"
install -d -m 700 "$root/root/.ssh"
install -m 600 "$KEYS/id_lab.pub" "$root/root/.ssh/authorized_keys"
mkdir -p "$root/srv/kernels"
cp "$KERNELS"/*.deb "$root/srv/kernels/"
(cd "$root/srv/kernels" && apt-ftparchive packages . >Packages)
echo 'deb [trusted=yes] file:/srv/kernels ./' >"$root/etc/apt/sources.list"
cat >>"$root/etc/default/grub" <<'END'
GRUB_TIMEOUT=0
GRUB_DISABLE_OS_PROBER=true
GRUB_CMDLINE_LINUX_DEFAULT="quiet mitigations=off audit=0"
GRUB_CMDLINE_LINUX="console=ttyS0 net.ifnames=0"
GRUB_TERMINAL=serial
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
END
# what costs time under emulation and buys nothing
for u in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer \
         getty@tty1.service serial-getty@ttyS0.service systemd-timesyncd.service systemd-pstore.service modprobe@drm.service \
         modprobe@dm_mod.service modprobe@loop.service modprobe@fuse.service modprobe@configfs.service \
         modprobe@efi_pstore.service sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
         sys-fs-fuse-connections.mount dev-hugepages.mount; do
  ln -sf /dev/null "$root/etc/systemd/system/$u"
done
chroot "$root" systemctl --quiet enable lab-net.service ssh.service
for m in dev dev/pts proc sys; do mount --bind "/$m" "$root/$m"; done
chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -c \
  "apt-get update -qq && apt-get install -y -qq --no-install-recommends linux-image-$OLD"
echo "(hd0) $disk" >"$root/boot/grub/device.map"           # GRUB asks for the disk behind the file system
case $FIRMWARE in
  bios)
    chroot "$root" grub-install --target=i386-pc --modules='part_msdos ext2' --no-floppy "$disk"
    echo 'grub-pc grub-pc/install_devices multiselect /dev/vda' | chroot "$root" debconf-set-selections
    ;;
  efi)
    # As grub-install does it, which wants the file system mounted that not every kernel knows.
    mkdir "$root/boot/efi"
    cp -r "$root/usr/lib/grub/x86_64-efi" "$root/boot/grub/"
    printf 'search.fs_uuid %s root\nset prefix=($root)/boot/grub\n' "$uuid" >"$root/tmp/load.cfg"
    chroot "$root" grub-mkimage -O x86_64-efi -o /tmp/BOOTX64.EFI -p /boot/grub -c /tmp/load.cfg part_gpt ext2 search_fs_uuid normal
    mmd -i "$esp" ::EFI ::EFI/BOOT
    mcopy -i "$esp" "$root/tmp/BOOTX64.EFI" ::EFI/BOOT/
    rm "$root/tmp/BOOTX64.EFI" "$root/tmp/load.cfg"
    ;;
esac
rm -f "$root/boot/grub/device.map"
chroot "$root" update-grub
sed -i "s#root=/dev/loop[0-9]*#root=UUID=$uuid#" "$root/boot/grub/grub.cfg"   # without udev GRUB finds no UUID
grep -q "vmlinuz-$OLD" "$root/boot/grub/grub.cfg"
chroot "$root" apt-get clean
cp "$root/etc/ssh/ssh_host_ed25519_key.pub" "$DISK.host-key.pub"
: >"$root/etc/machine-id"
