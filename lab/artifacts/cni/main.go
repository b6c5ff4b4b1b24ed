package main

import (
	"fmt"
	"os"
	"path/filepath"

	bandwidth "cnimulti/bandwidth"
	bridge "cnimulti/bridge"
	dummy "cnimulti/dummy"
	firewall "cnimulti/firewall"
	flannel "cnimulti/flannel"
	hostdevice "cnimulti/hostdevice"
	hostlocal "cnimulti/hostlocal"
	ipvlan "cnimulti/ipvlan"
	loopback "cnimulti/loopback"
	macvlan "cnimulti/macvlan"
	portmap "cnimulti/portmap"
	ptp "cnimulti/ptp"
	sbr "cnimulti/sbr"
	static "cnimulti/static"
	tap "cnimulti/tap"
	tuning "cnimulti/tuning"
	vlan "cnimulti/vlan"
	vrf "cnimulti/vrf"
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case "bridge":
		bridge.Main()
	case "dummy":
		dummy.Main()
	case "host-device":
		hostdevice.Main()
	case "ipvlan":
		ipvlan.Main()
	case "loopback":
		loopback.Main()
	case "macvlan":
		macvlan.Main()
	case "ptp":
		ptp.Main()
	case "tap":
		tap.Main()
	case "vlan":
		vlan.Main()
	case "host-local":
		hostlocal.Main()
	case "static":
		static.Main()
	case "bandwidth":
		bandwidth.Main()
	case "firewall":
		firewall.Main()
	case "portmap":
		portmap.Main()
	case "sbr":
		sbr.Main()
	case "tuning":
		tuning.Main()
	case "vrf":
		vrf.Main()
	case "flannel":
		flannel.Main()
	default:
		fmt.Fprintln(os.Stderr, "CNI plugins: bridge dummy host-device ipvlan loopback macvlan ptp tap vlan host-local static bandwidth firewall portmap sbr tuning vrf flannel")
		os.Exit(2)
	}
}
