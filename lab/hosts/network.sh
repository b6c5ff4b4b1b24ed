#!/bin/bash
# network.sh up | down | clean: the lab's network. PREFIX is the first three numbers of its /24, RUN the lab's run directory.
# A bridge in the network namespace "lab" (PREFIX.1, the hosts' default gateway) and one veth into the machine's own
# namespace (lab0, PREFIX.254). All that the machine itself gets is lab0 and two routes for the /24: the one through lab0, and an
# unreachable one of worse metric. The second stays when the lab is down, so that no packet meant for a lab host
# ever leaves the machine; `clean` removes it.
set -euo pipefail
own_inotify=/proc/sys/fs/inotify/max_user_instances

up() {
  local other
  other=$(ip -o -4 addr show | awk -v net="$PREFIX." '$2 != "lab0" && index($4, net) == 1 { print $2 }')
  [ -z "$other" ] || { echo "$other has an address in $PREFIX.0/24, which is the lab's network" >&2; exit 1; }
  ip route replace unreachable "$PREFIX.0/24" metric 10000
  # inotify instances are counted per user, for all hosts together
  if [ ! -f "$RUN/inotify.was" ] && [ "$(cat $own_inotify)" -lt 4096 ]; then
    cat $own_inotify >"$RUN/inotify.was"
    echo 4096 >$own_inotify
  fi
  # a kernel with modules: the hosts can't load any, so what a node needs is loaded here
  if [ -d "/lib/modules/$(uname -r)/kernel" ]; then
    modprobe --all --quiet overlay bridge br_netfilter veth vxlan nf_conntrack nf_tables ip_tables iptable_nat iptable_filter xt_comment || true
  fi
  ip link show lab0 >/dev/null 2>&1 && return
  # the first namespace that ip ever makes leaves a mount of its directory behind
  mountpoint -q /run/netns || : >"$RUN/netns.own"
  ip netns del lab 2>/dev/null || true
  ip netns add lab
  ip -n lab link set lo up
  ip -n lab link add br0 type bridge forward_delay 0
  ip -n lab addr add "$PREFIX.1/24" dev br0
  ip -n lab link set br0 up
  # the gateway refuses at once what is bound for outside: swallowed packets would cost each attempt half a minute
  ip netns exec lab sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  ip -n lab route add unreachable default
  # the bridge is a plain switch: what passes it must not meet iptables
  ip netns exec lab sh -c 'for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e "$f" ] || echo 0 >"$f"; done'
  ip link add lab0 type veth peer name root netns lab
  ip -n lab link set root master br0 up
  ip addr add "$PREFIX.254/24" dev lab0
  ip link set lab0 up
}

down() {
  ip netns del lab 2>/dev/null || true          # takes the bridge and both ends of lab0 with it
  ip link del lab0 2>/dev/null || true
  if [ -f "$RUN/netns.own" ] && [ -z "$(ls /run/netns)" ]; then umount /run/netns && rmdir /run/netns; fi
  rm -f "$RUN/netns.own"
  if [ -f "$RUN/inotify.was" ]; then cat "$RUN/inotify.was" >$own_inotify; rm -f "$RUN/inotify.was"; fi
}

clean() { ip route del unreachable "$PREFIX.0/24" metric 10000 2>/dev/null || true; }

"$1"
