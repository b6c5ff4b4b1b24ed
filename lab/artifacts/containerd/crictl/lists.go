package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

var lists = []command{
	{names: []string{"ps"}, setup: ps},
	{names: []string{"pods"}, setup: pods},
	{names: []string{"images", "image", "img"}, setup: images},
	{names: []string{"stats"}, setup: stats},
}

const (
	podName      = "io.kubernetes.pod.name"
	podNamespace = "io.kubernetes.pod.namespace"
)

// Flags that ps and pods share.
type listFlags struct {
	output, name, state, namespace, id *string
	quiet, noTrunc, latest             *bool
	last                               *int64
	labels                             labels
}

func declareList(flags *flag.FlagSet) listFlags {
	l := listFlags{
		output: text(flags, "o", "output"), name: text(flags, "name"), state: text(flags, "s", "state"),
		namespace: text(flags, "namespace"), id: text(flags, "id"), quiet: boolean(flags, "q", "quiet"),
		noTrunc: boolean(flags, "no-trunc"), latest: boolean(flags, "l", "latest"), last: number(flags, 0, "n", "last"),
		labels: labels{},
	}
	flags.Var(l.labels, "label", "")
	return l
}

func (l listFlags) cut(id string) string {
	if *l.noTrunc {
		return id
	}
	return short(id)
}

func (l listFlags) limit(count int) int {
	switch {
	case *l.latest:
		return min(count, 1)
	case *l.last > 0:
		return min(count, int(*l.last))
	}
	return count
}

func matches(pattern, value string) bool {
	ok, err := regexp.MatchString(pattern, value)
	return err == nil && ok
}

func ps(flags *flag.FlagSet) func(client, []string) error {
	l, all, pod, image := declareList(flags), boolean(flags, "a", "all"), text(flags, "p", "pod"), text(flags, "image")
	return func(c client, _ []string) error {
		filter := &cri.ContainerFilter{LabelSelector: l.labels, Id: *l.id}
		if *pod != "" {
			id, err := c.pod(*pod)
			if err != nil {
				return err
			}
			filter.PodSandboxId = id
		}
		if *l.state != "" {
			state, ok := cri.ContainerState_value["CONTAINER_"+strings.ToUpper(*l.state)]
			if !ok {
				return errors.New("the state must be created, running, exited or unknown")
			}
			filter.State = &cri.ContainerStateValue{State: cri.ContainerState(state)}
		} else if !*all && !*l.latest && *l.last == 0 {
			filter.State = &cri.ContainerStateValue{State: cri.ContainerState_CONTAINER_RUNNING}
		}
		answer, err := c.runtime.ListContainers(c, &cri.ListContainersRequest{Filter: filter})
		if err != nil {
			return err
		}
		found := slices.DeleteFunc(answer.Containers, func(x *cri.Container) bool {
			return !matches(*l.name, x.Metadata.GetName()) || !matches(*image, x.Image.GetUserSpecifiedImage()) ||
				(*l.namespace != "" && x.Labels[podNamespace] != *l.namespace)
		})
		slices.SortStableFunc(found, func(a, b *cri.Container) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
		found = found[:l.limit(len(found))]
		if *l.output == "json" {
			return printList("containers", found)
		}
		var rows [][]string
		for _, x := range found {
			if *l.quiet {
				fmt.Println(x.Id)
				continue
			}
			rows = append(rows, []string{l.cut(x.Id), l.cut(x.Image.GetImage()), ago(x.CreatedAt),
				sentence(x.State.String(), "CONTAINER_"), x.Metadata.GetName(), strconv.Itoa(int(x.Metadata.GetAttempt())),
				l.cut(x.PodSandboxId), x.Labels[podName], x.Labels[podNamespace]})
		}
		if *l.quiet {
			return nil
		}
		return printTable([]string{"CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE"}, rows)
	}
}

func pods(flags *flag.FlagSet) func(client, []string) error {
	l := declareList(flags)
	return func(c client, _ []string) error {
		filter := &cri.PodSandboxFilter{LabelSelector: l.labels, Id: *l.id}
		if *l.state != "" {
			state, ok := cri.PodSandboxState_value["SANDBOX_"+strings.ToUpper(*l.state)]
			if !ok {
				return errors.New("the state must be ready or notready")
			}
			filter.State = &cri.PodSandboxStateValue{State: cri.PodSandboxState(state)}
		}
		answer, err := c.runtime.ListPodSandbox(c, &cri.ListPodSandboxRequest{Filter: filter})
		if err != nil {
			return err
		}
		found := slices.DeleteFunc(answer.Items, func(x *cri.PodSandbox) bool {
			return !matches(*l.name, x.Metadata.GetName()) || (*l.namespace != "" && x.Metadata.GetNamespace() != *l.namespace)
		})
		slices.SortStableFunc(found, func(a, b *cri.PodSandbox) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
		found = found[:l.limit(len(found))]
		if *l.output == "json" {
			return printList("items", found)
		}
		var rows [][]string
		for _, x := range found {
			if *l.quiet {
				fmt.Println(x.Id)
				continue
			}
			state := "Ready"
			if x.State != cri.PodSandboxState_SANDBOX_READY {
				state = "NotReady"
			}
			rows = append(rows, []string{l.cut(x.Id), ago(x.CreatedAt), state, x.Metadata.GetName(), x.Metadata.GetNamespace(),
				strconv.Itoa(int(x.Metadata.GetAttempt())), first(x.RuntimeHandler, "(default)")})
		}
		if *l.quiet {
			return nil
		}
		return printTable([]string{"POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"}, rows)
	}
}

func images(flags *flag.FlagSet) func(client, []string) error {
	output, quiet, noTrunc := text(flags, "o", "output"), boolean(flags, "q", "quiet"), boolean(flags, "no-trunc")
	return func(c client, words []string) error {
		request := &cri.ListImagesRequest{}
		if len(words) > 0 {
			request.Filter = &cri.ImageFilter{Image: &cri.ImageSpec{Image: words[0]}}
		}
		answer, err := c.images.ListImages(c, request)
		if err != nil {
			return err
		}
		if *output == "json" {
			return printList("images", answer.Images)
		}
		var rows [][]string
		for _, x := range answer.Images {
			if *quiet {
				fmt.Println(x.Id)
				continue
			}
			id := strings.TrimPrefix(x.Id, "sha256:")
			if !*noTrunc {
				id = short(id)
			}
			for _, tag := range tagsOf(x) {
				colon := strings.LastIndex(tag, ":")
				rows = append(rows, []string{tag[:colon], tag[colon+1:], id, fmt.Sprintf("%.3gMB", float64(x.Size)/1e6)})
			}
		}
		if *quiet {
			return nil
		}
		return printTable([]string{"IMAGE", "TAG", "IMAGE ID", "SIZE"}, rows)
	}
}

func tagsOf(image *cri.Image) []string {
	if len(image.RepoTags) > 0 {
		return image.RepoTags
	}
	if len(image.RepoDigests) > 0 {
		name, _, _ := strings.Cut(image.RepoDigests[0], "@")
		return []string{name + ":<none>"}
	}
	return []string{"<none>:<none>"}
}

func stats(flags *flag.FlagSet) func(client, []string) error {
	id := text(flags, "id")
	return func(c client, _ []string) error {
		request := &cri.ListContainerStatsRequest{Filter: &cri.ContainerStatsFilter{Id: *id}}
		answer, err := c.runtime.ListContainerStats(c, request)
		if err != nil {
			return err
		}
		megabytes := func(bytes uint64) string { return fmt.Sprintf("%.4gMB", float64(bytes)/1e6) }
		var rows [][]string
		for _, s := range answer.Stats {
			rows = append(rows, []string{short(s.Attributes.GetId()), s.Attributes.GetMetadata().GetName(),
				strconv.FormatUint(s.Cpu.GetUsageCoreNanoSeconds().GetValue(), 10),
				megabytes(s.Memory.GetWorkingSetBytes().GetValue()), megabytes(s.WritableLayer.GetUsedBytes().GetValue())})
		}
		return printTable([]string{"CONTAINER", "NAME", "CPU (core ns)", "MEM", "DISK"}, rows)
	}
}
