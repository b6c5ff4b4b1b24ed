// etcd, etcdctl and etcdutl in one program, picked by the name it is called with.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/etcdctl/v3/ctlv3"
	"go.etcd.io/etcd/etcdutl/v3/etcdutl"
	"go.etcd.io/etcd/pkg/v3/cobrautl"
	"go.etcd.io/etcd/server/v3/etcdmain"
)

func utl() { // as etcdutl's own main and ctl.go
	cobra.EnablePrefixMatching = true
	root := &cobra.Command{Use: "etcdutl", Short: "An administrative command line tool for etcd3.", SuggestFor: []string{"etcdutl"}}
	addFlags(root)
	root.PersistentFlags().StringVarP(&etcdutl.OutputFormat, "write-out", "w", "simple", "set the output format (fields, json, protobuf, simple, table)")
	root.AddCommand(
		etcdutl.NewDefragCommand(),
		etcdutl.NewSnapshotCommand(),
		etcdutl.NewHashKVCommand(),
		etcdutl.NewVersionCommand(),
		etcdutl.NewCompletionCommand(),
		etcdutl.NewMigrateCommand(),
	)
	root.SetHelpTemplate(`{{.UsageString}}`)
	if err := root.Execute(); err != nil {
		cobrautl.ExitWithError(cobrautl.ExitError, err)
	}
}

func main() {
	name := filepath.Base(os.Args[0])
	switch name {
	case "etcd":
	case "etcdctl", "etcdutl":
	default:
		if len(os.Args) > 1 && (os.Args[1] == "etcd" || os.Args[1] == "etcdctl" || os.Args[1] == "etcdutl") {
			name, os.Args = os.Args[1], os.Args[1:]
		}
	}
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "etcdctl":
		ctlv3.MustStart()
	case "etcdutl":
		utl()
	default:
		fmt.Fprintln(os.Stderr, "call it as etcd, etcdctl or etcdutl")
		os.Exit(2)
	}
}
