package main

// A small stand-in for crictl over the CRI socket, for the subcommands that one uses when looking after
// a node: version info ps pods images pull rmi inspect inspectp inspecti logs exec stop rm stopp rmp stats.
// sigs.k8s.io/cri-tools is not served by the module proxy. Output of `-o json` has the CRI messages' JSON,
// in the shapes that crictl prints (items under "containers", "items", "images").

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// set when linked
var version = "unknown"

type multi []string

func (m *multi) String() string     { return strings.Join(*m, ",") }
func (m *multi) Set(s string) error { *m = append(*m, s); return nil }

func short(id string) string {
	if len(id) > 13 {
		return id[:13]
	}
	return id
}

func ago(ns int64) string {
	d := time.Since(time.Unix(0, ns)).Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d seconds ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d minutes ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

func pjson(m proto.Message) json.RawMessage {
	b, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

func out(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func crictlConfig(file string) map[string]string {
	c := map[string]string{}
	f, err := os.Open(file)
	if err != nil {
		return c
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		k, v, ok := strings.Cut(s.Text(), ":")
		if ok {
			c[strings.TrimSpace(k)] = strings.Trim(strings.TrimSpace(v), `"'`)
		}
	}
	return c
}

// parse lets flags stand after positional arguments too.
func parse(fs *flag.FlagSet, args []string) []string {
	var pos []string
	for {
		if fs.Parse(args) != nil {
			os.Exit(2)
		}
		args = fs.Args()
		if len(args) == 0 {
			return pos
		}
		pos = append(pos, args[0])
		args = args[1:]
	}
}

func main() {
	if err := crictl(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crictl: "+err.Error())
		os.Exit(1)
	}
}

func crictl(ctx context.Context, args []string) error {
	cfgFile := "/etc/crictl.yaml"
	if v := os.Getenv("CRI_CONFIG_FILE"); v != "" {
		cfgFile = v
	}
	top := flag.NewFlagSet("crictl", flag.ExitOnError)
	var ep, img, cfg string
	var timeout time.Duration
	var debug, ver bool
	top.StringVar(&ep, "runtime-endpoint", os.Getenv("CONTAINER_RUNTIME_ENDPOINT"), "CRI socket")
	top.StringVar(&ep, "r", os.Getenv("CONTAINER_RUNTIME_ENDPOINT"), "CRI socket")
	top.StringVar(&img, "image-endpoint", "", "CRI image socket (same as runtime's)")
	top.StringVar(&img, "i", "", "CRI image socket")
	top.StringVar(&cfg, "config", cfgFile, "configuration file")
	top.StringVar(&cfg, "c", cfgFile, "configuration file")
	top.DurationVar(&timeout, "timeout", 0, "timeout")
	top.DurationVar(&timeout, "t", 0, "timeout")
	top.BoolVar(&debug, "debug", false, "")
	top.BoolVar(&debug, "D", false, "")
	top.BoolVar(&ver, "version", false, "print version")
	top.BoolVar(&ver, "v", false, "print version")
	top.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: crictl [-r unix://socket] version|info|ps|pods|images|pull|rmi|inspect|inspectp|inspecti|logs|exec|stop|rm|stopp|rmp|stats ...")
	}
	if err := top.Parse(args); err != nil {
		return err
	}
	if ver {
		fmt.Println("crictl version " + version)
		return nil
	}
	args = top.Args()
	if len(args) == 0 {
		top.Usage()
		os.Exit(2)
	}
	if ep == "" {
		ep = crictlConfig(cfg)["runtime-endpoint"]
	}
	if ep == "" {
		ep = "unix:///run/containerd/containerd.sock"
	}
	if strings.HasPrefix(ep, "/") {
		ep = "unix://" + ep
	}
	if timeout == 0 {
		timeout = 10 * time.Minute
	}
	cc, err := grpc.NewClient(ep, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return err
	}
	defer cc.Close()
	rt, im := cri.NewRuntimeServiceClient(cc), cri.NewImageServiceClient(cc)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd, rest := args[0], args[1:]
	fs := flag.NewFlagSet("crictl "+cmd, flag.ExitOnError)
	var o string
	var quiet, all, noTrunc, latest, force, follow, prev, tty, stdin, sync, stamps, prune bool
	var name, pod, state, image, ns, id, since string
	var labels multi
	var tail, grace, last int64
	str := func(p *string, names ...string) {
		for _, n := range names {
			fs.StringVar(p, n, "", "")
		}
	}
	boo := func(p *bool, names ...string) {
		for _, n := range names {
			fs.BoolVar(p, n, false, "")
		}
	}
	str(&o, "o", "output")
	boo(&quiet, "q", "quiet")
	boo(&noTrunc, "no-trunc")
	boo(&all, "a", "all")
	boo(&latest, "l", "latest")
	switch cmd {
	case "logs":
		boo(&follow, "f", "follow")
		boo(&prev, "p", "previous")
		boo(&stamps, "timestamps")
		fs.Int64Var(&tail, "tail", -1, "")
		str(&since, "since")
	case "exec":
		boo(&tty, "t", "tty")
		boo(&stdin, "i", "interactive")
		boo(&sync, "s", "sync")
		fs.Int64Var(&grace, "timeout", 0, "")
	case "stop":
		fs.Int64Var(&grace, "t", 0, "")
		fs.Int64Var(&grace, "timeout", 0, "")
	case "rmi":
		boo(&prune, "prune")
	default:
		str(&name, "name")
		str(&pod, "p", "pod")
		str(&state, "s", "state")
		str(&image, "image")
		str(&ns, "namespace")
		str(&id, "id")
		fs.Var(&labels, "label", "")
		fs.Int64Var(&last, "n", 0, "")
		fs.Int64Var(&last, "last", 0, "")
		boo(&force, "f", "force")
	}
	var pos []string
	if cmd == "exec" { // what follows the container's id is the command, flags and all
		if fs.Parse(rest) != nil {
			os.Exit(2)
		}
		pos = fs.Args()
	} else {
		pos = parse(fs, rest)
	}
	sel := map[string]string{}
	for _, l := range labels {
		k, v, _ := strings.Cut(l, "=")
		sel[k] = v
	}
	cut := short
	if noTrunc {
		cut = func(s string) string { return s }
	}
	match := func(re, s string) bool {
		if re == "" {
			return true
		}
		ok, err := regexp.MatchString(re, s)
		return err == nil && ok
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 8, 3, ' ', 0)
	defer tw.Flush()
	need := func(n int) error {
		if len(pos) < n {
			return fmt.Errorf("%s needs an id", cmd)
		}
		return nil
	}
	fullID := func(id string) (string, error) {
		r, err := rt.ListContainers(ctx, &cri.ListContainersRequest{Filter: &cri.ContainerFilter{Id: id}})
		if err != nil {
			return "", err
		}
		if len(r.Containers) != 1 {
			return "", fmt.Errorf("container %q: %d match", id, len(r.Containers))
		}
		return r.Containers[0].Id, nil
	}
	fullPod := func(id string) (string, error) {
		r, err := rt.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{Filter: &cri.PodSandboxFilter{Id: id}})
		if err != nil {
			return "", err
		}
		if len(r.Items) != 1 {
			return "", fmt.Errorf("pod %q: %d match", id, len(r.Items))
		}
		return r.Items[0].Id, nil
	}
	switch cmd {
	case "version":
		r, err := rt.Version(ctx, &cri.VersionRequest{})
		if err != nil {
			return err
		}
		fmt.Printf("Version:  %s\nRuntimeName:  %s\nRuntimeVersion:  %s\nRuntimeApiVersion:  %s\n", r.Version, r.RuntimeName, r.RuntimeVersion, r.RuntimeApiVersion)
	case "info":
		r, err := rt.Status(ctx, &cri.StatusRequest{Verbose: true})
		if err != nil {
			return err
		}
		m := map[string]any{"status": pjson(r.Status)}
		for k, v := range r.Info {
			if json.Valid([]byte(v)) {
				m[k] = json.RawMessage(v)
			} else {
				m[k] = v
			}
		}
		return out(m)
	case "ps":
		f := &cri.ContainerFilter{LabelSelector: sel, Id: id}
		if pod != "" {
			if f.PodSandboxId, err = fullPod(pod); err != nil {
				return err
			}
		}
		if state != "" {
			v, ok := cri.ContainerState_value["CONTAINER_"+strings.ToUpper(state)]
			if !ok {
				return fmt.Errorf("state must be created, running, exited or unknown")
			}
			f.State = &cri.ContainerStateValue{State: cri.ContainerState(v)}
		} else if !all && !latest && last == 0 {
			f.State = &cri.ContainerStateValue{State: cri.ContainerState_CONTAINER_RUNNING}
		}
		r, err := rt.ListContainers(ctx, &cri.ListContainersRequest{Filter: f})
		if err != nil {
			return err
		}
		var l []*cri.Container
		for _, c := range r.Containers {
			if match(name, c.Metadata.GetName()) && match(image, c.Image.GetUserSpecifiedImage()) && (ns == "" || c.Labels["io.kubernetes.pod.namespace"] == ns) {
				l = append(l, c)
			}
		}
		sort.SliceStable(l, func(i, j int) bool { return l[i].CreatedAt > l[j].CreatedAt })
		if latest && len(l) > 1 {
			l = l[:1]
		}
		if last > 0 && int64(len(l)) > last {
			l = l[:last]
		}
		if o == "json" {
			items := []json.RawMessage{}
			for _, c := range l {
				items = append(items, pjson(c))
			}
			return out(map[string]any{"containers": items})
		}
		if !quiet {
			fmt.Fprintln(tw, "CONTAINER\tIMAGE\tCREATED\tSTATE\tNAME\tATTEMPT\tPOD ID\tPOD\tNAMESPACE")
		}
		for _, c := range l {
			if quiet {
				fmt.Fprintln(tw, c.Id)
				continue
			}
			i := c.Image.GetImage()
			if strings.HasPrefix(i, "sha256:") && !noTrunc {
				i = short(strings.TrimPrefix(i, "sha256:"))
			}
			s := strings.TrimPrefix(c.State.String(), "CONTAINER_")
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", cut(c.Id), i, ago(c.CreatedAt), s[:1]+strings.ToLower(s[1:]),
				c.Metadata.GetName(), c.Metadata.GetAttempt(), cut(c.PodSandboxId), c.Labels["io.kubernetes.pod.name"], c.Labels["io.kubernetes.pod.namespace"])
		}
	case "pods":
		f := &cri.PodSandboxFilter{LabelSelector: sel, Id: id}
		if state != "" {
			v, ok := cri.PodSandboxState_value["SANDBOX_"+strings.ToUpper(state)]
			if !ok {
				return fmt.Errorf("state must be ready or notready")
			}
			f.State = &cri.PodSandboxStateValue{State: cri.PodSandboxState(v)}
		}
		r, err := rt.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{Filter: f})
		if err != nil {
			return err
		}
		var l []*cri.PodSandbox
		for _, p := range r.Items {
			if match(name, p.Metadata.GetName()) && (ns == "" || p.Metadata.GetNamespace() == ns) {
				l = append(l, p)
			}
		}
		sort.SliceStable(l, func(i, j int) bool { return l[i].CreatedAt > l[j].CreatedAt })
		if o == "json" {
			items := []json.RawMessage{}
			for _, p := range l {
				items = append(items, pjson(p))
			}
			return out(map[string]any{"items": items})
		}
		if !quiet {
			fmt.Fprintln(tw, "POD ID\tCREATED\tSTATE\tNAME\tNAMESPACE\tATTEMPT\tRUNTIME")
		}
		for _, p := range l {
			if quiet {
				fmt.Fprintln(tw, p.Id)
				continue
			}
			h := p.RuntimeHandler
			if h == "" {
				h = "(default)"
			}
			s := "Ready"
			if p.State != cri.PodSandboxState_SANDBOX_READY {
				s = "NotReady"
			}
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", cut(p.Id), ago(p.CreatedAt), s, p.Metadata.GetName(), p.Metadata.GetNamespace(), p.Metadata.GetAttempt(), h)
		}
	case "images", "image", "img":
		q := &cri.ListImagesRequest{}
		if len(pos) > 0 {
			q.Filter = &cri.ImageFilter{Image: &cri.ImageSpec{Image: pos[0]}}
		}
		r, err := im.ListImages(ctx, q)
		if err != nil {
			return err
		}
		if o == "json" {
			items := []json.RawMessage{}
			for _, i := range r.Images {
				items = append(items, pjson(i))
			}
			return out(map[string]any{"images": items})
		}
		if !quiet {
			fmt.Fprintln(tw, "IMAGE\tTAG\tIMAGE ID\tSIZE")
		}
		for _, i := range r.Images {
			if quiet {
				fmt.Fprintln(tw, i.Id)
				continue
			}
			tags := i.RepoTags
			if len(tags) == 0 {
				tags = []string{"<none>:<none>"}
				if len(i.RepoDigests) > 0 {
					tags[0] = strings.SplitN(i.RepoDigests[0], "@", 2)[0] + ":<none>"
				}
			}
			for _, t := range tags {
				n := strings.LastIndex(t, ":")
				fmt.Fprintf(tw, "%s\t%s\t%s\t%.3gMB\n", t[:n], t[n+1:], cut(strings.TrimPrefix(i.Id, "sha256:")), float64(i.Size)/1e6)
			}
		}
	case "pull":
		if err := need(1); err != nil {
			return err
		}
		r, err := im.PullImage(ctx, &cri.PullImageRequest{Image: &cri.ImageSpec{Image: pos[0]}})
		if err != nil {
			return err
		}
		fmt.Println("Image is up to date for " + r.ImageRef)
	case "rmi":
		if prune {
			r, err := im.ListImages(ctx, &cri.ListImagesRequest{})
			if err != nil {
				return err
			}
			c, err := rt.ListContainers(ctx, &cri.ListContainersRequest{})
			if err != nil {
				return err
			}
			used := map[string]bool{}
			for _, x := range c.Containers {
				used[x.ImageRef], used[x.Image.GetImage()] = true, true
			}
			for _, i := range r.Images {
				if !used[i.Id] && !i.Pinned {
					pos = append(pos, i.Id)
				}
			}
		}
		for _, p := range pos {
			if _, err := im.RemoveImage(ctx, &cri.RemoveImageRequest{Image: &cri.ImageSpec{Image: p}}); err != nil {
				return err
			}
			fmt.Println("Deleted: " + p)
		}
	case "inspect":
		for _, p := range pos {
			if p, err = fullID(p); err != nil {
				return err
			}
			r, err := rt.ContainerStatus(ctx, &cri.ContainerStatusRequest{ContainerId: p, Verbose: true})
			if err != nil {
				return err
			}
			if err := withInfo(pjson(r.Status), r.Info); err != nil {
				return err
			}
		}
	case "inspectp":
		for _, p := range pos {
			if p, err = fullPod(p); err != nil {
				return err
			}
			r, err := rt.PodSandboxStatus(ctx, &cri.PodSandboxStatusRequest{PodSandboxId: p, Verbose: true})
			if err != nil {
				return err
			}
			if err := withInfo(pjson(r.Status), r.Info); err != nil {
				return err
			}
		}
	case "inspecti":
		for _, p := range pos {
			r, err := im.ImageStatus(ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: p}, Verbose: true})
			if err != nil {
				return err
			}
			if r.Image == nil {
				return fmt.Errorf("no such image %q present", p)
			}
			if err := withInfo(pjson(r.Image), r.Info); err != nil {
				return err
			}
		}
	case "logs":
		if err := need(1); err != nil {
			return err
		}
		c, err := fullID(pos[0])
		if err != nil {
			return err
		}
		r, err := rt.ContainerStatus(ctx, &cri.ContainerStatusRequest{ContainerId: c})
		if err != nil {
			return err
		}
		return criLogs(ctx, r.Status.LogPath, tail, follow, stamps)
	case "exec":
		if err := need(2); err != nil {
			return err
		}
		c, err := fullID(pos[0])
		if err != nil {
			return err
		}
		r, err := rt.ExecSync(ctx, &cri.ExecSyncRequest{ContainerId: c, Cmd: pos[1:], Timeout: grace})
		if err != nil {
			return err
		}
		os.Stdout.Write(r.Stdout)
		os.Stderr.Write(r.Stderr)
		if r.ExitCode != 0 {
			os.Exit(int(r.ExitCode))
		}
	case "stop", "rm", "stopp", "rmp":
		isPod := strings.HasSuffix(cmd, "p") && cmd != "stop"
		if all {
			if isPod {
				r, err := rt.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
				if err != nil {
					return err
				}
				for _, p := range r.Items {
					pos = append(pos, p.Id)
				}
			} else {
				r, err := rt.ListContainers(ctx, &cri.ListContainersRequest{})
				if err != nil {
					return err
				}
				for _, c := range r.Containers {
					pos = append(pos, c.Id)
				}
			}
		}
		if len(pos) == 0 && !all {
			return need(1)
		}
		for _, p := range pos {
			if isPod {
				p, err = fullPod(p)
			} else {
				p, err = fullID(p)
			}
			if err != nil {
				return err
			}
			switch cmd {
			case "stop":
				_, err = rt.StopContainer(ctx, &cri.StopContainerRequest{ContainerId: p, Timeout: grace})
			case "rm":
				if force {
					_, _ = rt.StopContainer(ctx, &cri.StopContainerRequest{ContainerId: p})
				}
				_, err = rt.RemoveContainer(ctx, &cri.RemoveContainerRequest{ContainerId: p})
			case "stopp":
				_, err = rt.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: p})
			case "rmp":
				if force {
					_, _ = rt.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: p})
				}
				_, err = rt.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: p})
			}
			if err != nil {
				return err
			}
			fmt.Println(p)
		}
	case "stats":
		r, err := rt.ListContainerStats(ctx, &cri.ListContainerStatsRequest{Filter: &cri.ContainerStatsFilter{Id: id}})
		if err != nil {
			return err
		}
		fmt.Fprintln(tw, "CONTAINER\tNAME\tCPU (core ns)\tMEM\tDISK")
		for _, s := range r.Stats {
			fmt.Fprintf(tw, "%s\t%s\t%d\t%.4gMB\t%.4gMB\n", cut(s.Attributes.GetId()), s.Attributes.GetMetadata().GetName(), s.Cpu.GetUsageCoreNanoSeconds().GetValue(),
				float64(s.Memory.GetWorkingSetBytes().GetValue())/1e6, float64(s.WritableLayer.GetUsedBytes().GetValue())/1e6)
		}
	default:
		return fmt.Errorf("unknown command %q", cmd)
	}
	return nil
}

func withInfo(status json.RawMessage, info map[string]string) error {
	m := map[string]any{"status": status}
	for k, v := range info {
		if json.Valid([]byte(v)) {
			m[k] = json.RawMessage(v)
		} else {
			m[k] = v
		}
	}
	return out(m)
}

func criLogs(ctx context.Context, path string, tail int64, follow, stamps bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	print := func(line string) {
		// 2026-01-01T00:00:00.000000000Z stdout F text
		p := strings.SplitN(line, " ", 4)
		if len(p) < 4 {
			return
		}
		text := p[3]
		if p[2] == "F" {
			text += "\n"
		}
		if stamps {
			text = p[0] + " " + text
		}
		w := os.Stdout
		if p[1] == "stderr" {
			w = os.Stderr
		}
		io.WriteString(w, text)
	}
	r := bufio.NewReaderSize(f, 1<<16)
	if tail >= 0 {
		var lines []string
		for {
			l, err := r.ReadString('\n')
			if err != nil {
				break
			}
			lines = append(lines, strings.TrimSuffix(l, "\n"))
			if int64(len(lines)) > tail {
				lines = lines[1:]
			}
		}
		for _, l := range lines {
			print(l)
		}
	}
	var part string
	for {
		l, err := r.ReadString('\n')
		part += l
		if err == nil {
			print(strings.TrimSuffix(part, "\n"))
			part = ""
			continue
		}
		if !follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}
