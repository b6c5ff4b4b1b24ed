#!/bin/bash
# supervisor.sh NAME: keep one lab host running; its "power supply". Started by host.ts in a mount namespace of its own, with
#   RUN, HOST_DIR (the host's disk), BASE, SHARE (shown read-only at /srv/mirror; may be empty), MEMORY (limit; may be empty)
# `reboot` in the host starts it anew: new boot id, uptime from 0, empty /run, network namespace, mounts and cgroups; its disk
# stays. `poweroff` ends it. RUN/NAME.reset marks a death that is a reset: start again.
set -u
name=$1
trap 'rm -f "$RUN/$name.pid"' EXIT

# this host's place in every cgroup hierarchy
groups=()
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  groups=("/sys/fs/cgroup/kha-lab/$name")     # at the top: a group below one with processes gets no controllers
else
  while IFS=: read -r _ controllers path; do
    case $controllers in '') controllers=unified ;; name=systemd) controllers=systemd ;; esac
    groups+=("/sys/fs/cgroup/$controllers${path%/}/kha-lab/$name")
  done </proc/self/cgroup
fi
printf '%s\n' "${groups[@]}" >"$RUN/$name.cgroups"

make_groups() {
  local g level f limit
  for g in "${groups[@]}"; do
    for level in "${g%/*}" "$g"; do
      mkdir -p "$level" || return
      for f in cpus mems; do                   # a new v1 cpuset is empty, and so accepts no process
        [ -e "$level/cpuset.$f" ] && [ -e "$level/tasks" ] && [ -z "$(cat "$level/cpuset.$f")" ] &&
          cat "${level%/*}/cpuset.$f" >"$level/cpuset.$f"
      done
      [ "$g" = "/sys/fs/cgroup/kha-lab/$name" ] && sed 's/[^ ]\+/+&/g' "${level%/*}/cgroup.controllers" >"${level%/*}/cgroup.subtree_control"
    done
    for limit in memory.max memory.limit_in_bytes; do
      [ -n "$MEMORY" ] && [ -e "$g/$limit" ] && echo "$MEMORY" >"$g/$limit"
    done
  done
  return 0
}

clear_groups() { # kill what is left and remove the groups
  local g left try
  for ((try = 0; try < 50; try++)); do
    left=
    for g in "${groups[@]}"; do
      [ -d "$g" ] || continue
      find "$g" -name cgroup.procs -exec cat {} + 2>/dev/null | while read -r p; do [ "$p" = 0 ] || kill -9 "$p" 2>/dev/null; done
      find "$g" -depth -type d -exec rmdir {} + 2>/dev/null
      [ -d "$g" ] && left=1
    done
    [ -n "$left" ] || break
    sleep 0.1
  done
  for g in "${groups[@]}"; do rmdir "${g%/*}" 2>/dev/null; done
}

disk=$HOST_DIR
if [ -e "$HOST_DIR/disk.img" ]; then
  disk=$HOST_DIR/disk
  mount -o loop "$HOST_DIR/disk.img" "$disk" || exit
fi
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$disk/up,workdir=$disk/work" "$HOST_DIR/root" || exit
mount --bind "$disk/var" "$HOST_DIR/root/var" || exit
binds=(--bind=/dev/kmsg)
[ -n "$SHARE" ] && binds+=("--bind-ro=$SHARE:/srv/mirror")
[ -d "/lib/modules/$(uname -r)/kernel" ] && binds+=("--bind-ro=/lib/modules/$(uname -r)")

while :; do
  make_groups || exit
  uptime=$(cut -d. -f1 /proc/uptime)
  (
    for g in "${groups[@]}"; do echo $BASHPID >"$g/cgroup.procs" || exit; done
    # SECCOMP=0: no filter of system calls. API_VFS_WRITABLE: /proc/sys and /sys can be written.
    # No CAP_SYS_TIME: the clock is the whole machine's. The time namespace makes uptime and btime those of this boot.
    SYSTEMD_SECCOMP=0 SYSTEMD_NSPAWN_API_VFS_WRITABLE=1 exec \
      nsenter --net=/run/netns/lab \
      unshare --time --boottime "-$uptime" \
      systemd-nspawn --quiet --boot --directory="$HOST_DIR/root" --machine="$name" --hostname="$name" \
        --register=no --keep-unit --console=pipe --link-journal=no --resolv-conf=off --timezone=off \
        --capability=all --drop-capability=CAP_SYS_TIME --private-network --network-veth-extra="$name:eth0" "${binds[@]}"
  ) &
  nspawn=$!
  # plug the host's cable into the switch as soon as it exists
  for ((try = 0; try < 500; try++)); do
    ip -n lab link set "$name" master br0 up 2>/dev/null && break
    kill -0 $nspawn 2>/dev/null || break
    sleep 0.02
  done
  wait $nspawn
  code=$?                                      # 133: reboot, 0: poweroff, else: killed
  clear_groups
  ip -n lab link del "$name" 2>/dev/null
  rmdir "/run/systemd/nspawn/propagate/$name" 2>/dev/null
  echo "$(date +%T) $name: ended with $code"
  if [ -e "$RUN/$name.reset" ]; then rm -f "$RUN/$name.reset"; continue; fi
  [ $code = 133 ] || break
done
