package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

var changes = []command{
	{names: []string{"pull"}, setup: pull},
	{names: []string{"rmi"}, setup: removeImages},
	{names: []string{"exec"}, rawWords: true, setup: execute},
	{names: []string{"stop"}, setup: stop},
	{names: []string{"rm"}, setup: remove},
	{names: []string{"stopp"}, setup: stopPods},
	{names: []string{"rmp"}, setup: removePods},
}

func pull(*flag.FlagSet) func(client, []string) error {
	return func(c client, words []string) error {
		image, err := one(words)
		if err != nil {
			return err
		}
		r, err := c.images.PullImage(c, &cri.PullImageRequest{Image: &cri.ImageSpec{Image: image}})
		if err != nil {
			return err
		}
		fmt.Println("Image is up to date for " + r.ImageRef)
		return nil
	}
}

func removeImages(flags *flag.FlagSet) func(client, []string) error {
	prune := boolean(flags, "prune")
	return func(c client, words []string) error {
		if *prune {
			unused, err := c.unusedImages()
			if err != nil {
				return err
			}
			words = append(words, unused...)
		}
		for _, word := range words {
			if _, err := c.images.RemoveImage(c, &cri.RemoveImageRequest{Image: &cri.ImageSpec{Image: word}}); err != nil {
				return err
			}
			fmt.Println("Deleted: " + word)
		}
		return nil
	}
}

func (c client) unusedImages() ([]string, error) {
	all, err := c.images.ListImages(c, &cri.ListImagesRequest{})
	if err != nil {
		return nil, err
	}
	containers, err := c.runtime.ListContainers(c, &cri.ListContainersRequest{})
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, x := range containers.Containers {
		used[x.ImageRef], used[x.Image.GetImage()] = true, true
	}
	var unused []string
	for _, image := range all.Images {
		if !used[image.Id] && !image.Pinned {
			unused = append(unused, image.Id)
		}
	}
	return unused, nil
}

func execute(flags *flag.FlagSet) func(client, []string) error {
	tty, stdin := boolean(flags, "t", "tty"), boolean(flags, "i", "interactive")
	boolean(flags, "s", "sync")
	timeout := number(flags, 0, "timeout")
	return func(c client, words []string) error {
		if len(words) < 2 {
			return errors.New("a container and a command are needed")
		}
		if *tty || *stdin {
			return errors.New("this crictl has no terminal and no input for commands")
		}
		id, err := c.container(words[0])
		if err != nil {
			return err
		}
		r, err := c.runtime.ExecSync(c, &cri.ExecSyncRequest{ContainerId: id, Cmd: words[1:], Timeout: *timeout})
		if err != nil {
			return err
		}
		os.Stdout.Write(r.Stdout)
		os.Stderr.Write(r.Stderr)
		if r.ExitCode != 0 {
			os.Exit(int(r.ExitCode))
		}
		return nil
	}
}

func stop(flags *flag.FlagSet) func(client, []string) error {
	all, grace := boolean(flags, "a", "all"), number(flags, 0, "t", "timeout")
	return func(c client, words []string) error {
		return c.onContainers(words, *all, func(id string) error {
			_, err := c.runtime.StopContainer(c, &cri.StopContainerRequest{ContainerId: id, Timeout: *grace})
			return err
		})
	}
}

func remove(flags *flag.FlagSet) func(client, []string) error {
	all, force := boolean(flags, "a", "all"), boolean(flags, "f", "force")
	return func(c client, words []string) error {
		return c.onContainers(words, *all, func(id string) error {
			if *force {
				if _, err := c.runtime.StopContainer(c, &cri.StopContainerRequest{ContainerId: id}); err != nil {
					return err
				}
			}
			_, err := c.runtime.RemoveContainer(c, &cri.RemoveContainerRequest{ContainerId: id})
			return err
		})
	}
}

func stopPods(flags *flag.FlagSet) func(client, []string) error {
	all := boolean(flags, "a", "all")
	return func(c client, words []string) error {
		return c.onPods(words, *all, func(id string) error {
			_, err := c.runtime.StopPodSandbox(c, &cri.StopPodSandboxRequest{PodSandboxId: id})
			return err
		})
	}
}

func removePods(flags *flag.FlagSet) func(client, []string) error {
	all, force := boolean(flags, "a", "all"), boolean(flags, "f", "force")
	return func(c client, words []string) error {
		return c.onPods(words, *all, func(id string) error {
			if *force {
				if _, err := c.runtime.StopPodSandbox(c, &cri.StopPodSandboxRequest{PodSandboxId: id}); err != nil {
					return err
				}
			}
			_, err := c.runtime.RemovePodSandbox(c, &cri.RemovePodSandboxRequest{PodSandboxId: id})
			return err
		})
	}
}

func (c client) onContainers(words []string, all bool, action func(id string) error) error {
	if all {
		r, err := c.runtime.ListContainers(c, &cri.ListContainersRequest{})
		if err != nil {
			return err
		}
		for _, x := range r.Containers {
			words = append(words, x.Id)
		}
	}
	return onEach(words, all, c.container, action)
}

func (c client) onPods(words []string, all bool, action func(id string) error) error {
	if all {
		r, err := c.runtime.ListPodSandbox(c, &cri.ListPodSandboxRequest{})
		if err != nil {
			return err
		}
		for _, x := range r.Items {
			words = append(words, x.Id)
		}
	}
	return onEach(words, all, c.pod, action)
}

func onEach(words []string, mayBeNone bool, find func(string) (string, error), action func(id string) error) error {
	if _, err := one(words); err != nil && !mayBeNone {
		return err
	}
	for _, word := range words {
		id, err := find(word)
		if err != nil {
			return err
		}
		if err := action(id); err != nil {
			return err
		}
		fmt.Println(id)
	}
	return nil
}
