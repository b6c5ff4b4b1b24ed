// A small crictl over the CRI socket, with the subcommands that one uses when looking after a node. sigs.k8s.io/cri-tools is not served by
// the module proxy. Output of `-o json` has the CRI messages' JSON in the shapes that crictl prints.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// set when linked
var version = "unknown"

const defaultEndpoint = "unix:///run/containerd/containerd.sock"

// What a subcommand works with.
type client struct {
	context.Context
	runtime cri.RuntimeServiceClient
	images  cri.ImageServiceClient
}

// A subcommand declares its flags and says what to do with the words that are left.
type command struct {
	names []string
	// the container's command follows, flags and all
	rawWords bool
	setup    func(flags *flag.FlagSet) func(c client, words []string) error
}

var commands = slices.Concat(lists, inspections, changes, logs)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crictl: "+err.Error())
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("crictl", flag.ExitOnError)
	var endpoint, ignored, file string
	var timeout time.Duration
	var showVersion, debug bool
	for _, name := range []string{"runtime-endpoint", "r"} {
		flags.StringVar(&endpoint, name, os.Getenv("CONTAINER_RUNTIME_ENDPOINT"), "CRI socket")
	}
	for _, name := range []string{"image-endpoint", "i"} {
		flags.StringVar(&ignored, name, "", "accepted; images are asked of the runtime's socket")
	}
	for _, name := range []string{"config", "c"} {
		flags.StringVar(&file, name, first(os.Getenv("CRI_CONFIG_FILE"), "/etc/crictl.yaml"), "configuration file")
	}
	for _, name := range []string{"timeout", "t"} {
		flags.DurationVar(&timeout, name, 10*time.Minute, "how long to wait for the runtime")
	}
	for _, name := range []string{"version", "v"} {
		flags.BoolVar(&showVersion, name, false, "print the version")
	}
	for _, name := range []string{"debug", "D"} {
		flags.BoolVar(&debug, name, false, "accepted")
	}
	flags.Usage = func() { fmt.Fprintln(os.Stderr, "usage: crictl [-r unix://socket] "+usage()) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	if showVersion {
		fmt.Println("crictl version " + version)
		return nil
	}
	words := flags.Args()
	if len(words) == 0 {
		flags.Usage()
		os.Exit(2)
	}
	endpoint = first(endpoint, configured(file, "runtime-endpoint"), defaultEndpoint)
	if strings.HasPrefix(endpoint, "/") {
		endpoint = "unix://" + endpoint
	}
	connection, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return dispatch(client{ctx, cri.NewRuntimeServiceClient(connection), cri.NewImageServiceClient(connection)}, words)
}

func dispatch(c client, words []string) error {
	for _, each := range commands {
		if !slices.Contains(each.names, words[0]) {
			continue
		}
		flags := flag.NewFlagSet("crictl "+words[0], flag.ExitOnError)
		action := each.setup(flags)
		rest, err := parse(flags, words[1:], each.rawWords)
		if err != nil {
			return err
		}
		return action(c, rest)
	}
	return fmt.Errorf("unknown command %q; there are %s", words[0], usage())
}

// parse lets flags stand after other words too, unless what follows the first is a command of its own.
func parse(flags *flag.FlagSet, args []string, rawWords bool) ([]string, error) {
	var words []string
	for {
		args = apart(flags, args)
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		args = flags.Args()
		if len(args) == 0 || rawWords {
			return append(words, args...), nil
		}
		words, args = append(words, args[0]), args[1:]
	}
}

// apart turns a first word like -aq into -a -q, where those are flags and -aq is none.
func apart(flags *flag.FlagSet, args []string) []string {
	if len(args) == 0 || len(args[0]) < 3 || args[0][0] != '-' || strings.ContainsAny(args[0][1:], "-=") || flags.Lookup(args[0][1:]) != nil {
		return args
	}
	var letters []string
	for _, letter := range args[0][1:] {
		if flags.Lookup(string(letter)) == nil {
			return args
		}
		letters = append(letters, "-"+string(letter))
	}
	return append(letters, args[1:]...)
}

func usage() string {
	var names []string
	for _, each := range commands {
		names = append(names, each.names[0])
	}
	return strings.Join(names, "|")
}

// configured reads one `key: value` of crictl's configuration file.
func configured(file, key string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == key {
			return strings.Trim(strings.TrimSpace(v), `"'`)
		}
	}
	return ""
}

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

func one(words []string) (string, error) {
	if len(words) == 0 {
		return "", errors.New("an id or a name is needed")
	}
	return words[0], nil
}

// boolean and text declare a flag under several names.
func boolean(flags *flag.FlagSet, names ...string) *bool {
	value := new(bool)
	for _, name := range names {
		flags.BoolVar(value, name, false, "")
	}
	return value
}

func text(flags *flag.FlagSet, names ...string) *string {
	value := new(string)
	for _, name := range names {
		flags.StringVar(value, name, "", "")
	}
	return value
}

func number(flags *flag.FlagSet, otherwise int64, names ...string) *int64 {
	value := new(int64)
	for _, name := range names {
		flags.Int64Var(value, name, otherwise, "")
	}
	return value
}

// A flag `key=value` that may be given more than once.
type labels map[string]string

func (l labels) String() string { return "" }
func (l labels) Set(s string) error {
	key, value, _ := strings.Cut(s, "=")
	l[key] = value
	return nil
}
