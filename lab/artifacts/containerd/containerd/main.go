// containerd and ctr in one program, picked by the name it is called with.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/containerd/containerd/v2/cmd/containerd/builtins"
	"github.com/containerd/containerd/v2/cmd/containerd/command"
	"github.com/containerd/containerd/v2/cmd/ctr/app"
)

func main() {
	name := filepath.Base(os.Args[0])
	var err error
	if name == "ctr" {
		err = app.New().Run(context.Background(), os.Args)
	} else {
		name = "containerd"
		err = command.App().Run(context.Background(), os.Args)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
