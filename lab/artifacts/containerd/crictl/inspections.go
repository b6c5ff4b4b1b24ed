package main

import (
	"flag"
	"fmt"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

var inspections = []command{
	{names: []string{"version"}, setup: plain(showVersion)},
	{names: []string{"info"}, setup: plain(info)},
	{names: []string{"inspect"}, setup: each(inspect)},
	{names: []string{"inspectp"}, setup: each(inspectPod)},
	{names: []string{"inspecti"}, setup: each(inspectImage)},
}

// plain is a subcommand whose only flag is -o, which is JSON anyway.
func plain(action func(c client) error) func(*flag.FlagSet) func(client, []string) error {
	return func(flags *flag.FlagSet) func(client, []string) error {
		text(flags, "o", "output")
		return func(c client, _ []string) error { return action(c) }
	}
}

// each is a subcommand that does the same for every word.
func each(action func(c client, word string) error) func(*flag.FlagSet) func(client, []string) error {
	return func(flags *flag.FlagSet) func(client, []string) error {
		text(flags, "o", "output")
		return func(c client, words []string) error {
			if _, err := one(words); err != nil {
				return err
			}
			for _, word := range words {
				if err := action(c, word); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

func showVersion(c client) error {
	r, err := c.runtime.Version(c, &cri.VersionRequest{})
	if err != nil {
		return err
	}
	fmt.Printf("Version:  %s\nRuntimeName:  %s\nRuntimeVersion:  %s\nRuntimeApiVersion:  %s\n", r.Version, r.RuntimeName, r.RuntimeVersion, r.RuntimeApiVersion)
	return nil
}

func info(c client) error {
	r, err := c.runtime.Status(c, &cri.StatusRequest{Verbose: true})
	if err != nil {
		return err
	}
	return printStatus(r.Status, r.Info)
}

func inspect(c client, word string) error {
	id, err := c.container(word)
	if err != nil {
		return err
	}
	r, err := c.runtime.ContainerStatus(c, &cri.ContainerStatusRequest{ContainerId: id, Verbose: true})
	if err != nil {
		return err
	}
	return printStatus(r.Status, r.Info)
}

func inspectPod(c client, word string) error {
	id, err := c.pod(word)
	if err != nil {
		return err
	}
	r, err := c.runtime.PodSandboxStatus(c, &cri.PodSandboxStatusRequest{PodSandboxId: id, Verbose: true})
	if err != nil {
		return err
	}
	return printStatus(r.Status, r.Info)
}

func inspectImage(c client, word string) error {
	r, err := c.images.ImageStatus(c, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: word}, Verbose: true})
	if err != nil {
		return err
	}
	if r.Image == nil {
		return fmt.Errorf("no such image %q present", word)
	}
	return printStatus(r.Image, r.Info)
}

// container and pod turn the start of an id into the whole.
func (c client) container(start string) (string, error) {
	r, err := c.runtime.ListContainers(c, &cri.ListContainersRequest{Filter: &cri.ContainerFilter{Id: start}})
	if err != nil {
		return "", err
	}
	if len(r.Containers) != 1 {
		return "", fmt.Errorf("%d containers match %q", len(r.Containers), start)
	}
	return r.Containers[0].Id, nil
}

func (c client) pod(start string) (string, error) {
	r, err := c.runtime.ListPodSandbox(c, &cri.ListPodSandboxRequest{Filter: &cri.PodSandboxFilter{Id: start}})
	if err != nil {
		return "", err
	}
	if len(r.Items) != 1 {
		return "", fmt.Errorf("%d pods match %q", len(r.Items), start)
	}
	return r.Items[0].Id, nil
}
