package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

var logs = []command{{names: []string{"logs"}, setup: showLogs}}

func showLogs(flags *flag.FlagSet) func(client, []string) error {
	follow, previous, stamps := boolean(flags, "f", "follow"), boolean(flags, "p", "previous"), boolean(flags, "timestamps")
	tail := number(flags, -1, "tail")
	return func(c client, words []string) error {
		word, err := one(words)
		if err != nil {
			return err
		}
		if *previous {
			return errors.New("of an earlier container, give its own id: crictl ps -a")
		}
		id, err := c.container(word)
		if err != nil {
			return err
		}
		r, err := c.runtime.ContainerStatus(c, &cri.ContainerStatusRequest{ContainerId: id})
		if err != nil {
			return err
		}
		f, err := os.Open(r.Status.LogPath)
		if err != nil {
			return err
		}
		defer f.Close()
		return copyLog(c, bufio.NewReaderSize(f, 1<<16), *tail, *follow, *stamps)
	}
}

// copyLog prints what lies there, or the last lines of it, and goes on as the file grows.
func copyLog(c client, r *bufio.Reader, tail int64, follow, stamps bool) error {
	var kept []string
	partial := ""
	atEnd := false
	for {
		line, err := r.ReadString('\n')
		partial += line
		if err == nil {
			if atEnd || tail < 0 {
				printLine(partial, stamps)
			} else if kept = append(kept, partial); int64(len(kept)) > tail {
				kept = kept[1:]
			}
			partial = ""
			continue
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
		for _, each := range kept {
			printLine(each, stamps)
		}
		kept, atEnd = nil, true
		if !follow {
			return nil
		}
		select {
		case <-c.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// printLine prints one line of a CRI log: `2026-01-01T00:00:00.000000000Z stdout F text`, F for full, P for the part of a line.
func printLine(line string, stamps bool) {
	fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
	if len(fields) < 4 {
		return
	}
	text := fields[3]
	if fields[2] == "F" {
		text += "\n"
	}
	if stamps {
		text = fields[0] + " " + text
	}
	if fields[1] == "stderr" {
		fmt.Fprint(os.Stderr, text)
	} else {
		fmt.Print(text)
	}
}
