package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

func short(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(len(id), 13)]
}

func ago(nanoseconds int64) string {
	d := time.Since(time.Unix(0, nanoseconds))
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

// sentence turns CONTAINER_RUNNING into Running.
func sentence(state, prefix string) string {
	word := strings.ToLower(strings.TrimPrefix(state, prefix))
	return strings.ToUpper(word[:1]) + word[1:]
}

func asJSON(m proto.Message) (json.RawMessage, error) {
	return protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(m)
}

func printJSON(value any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printList prints messages as {"<key>": [...]}.
func printList[M proto.Message](key string, messages []M) error {
	items := make([]json.RawMessage, 0, len(messages))
	for _, m := range messages {
		item, err := asJSON(m)
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	return printJSON(map[string]any{key: items})
}

// printStatus prints a status and what the runtime adds to it.
func printStatus(status proto.Message, info map[string]string) error {
	raw, err := asJSON(status)
	if err != nil {
		return err
	}
	all := map[string]any{"status": raw}
	for key, value := range info {
		if json.Valid([]byte(value)) {
			all[key] = json.RawMessage(value)
		} else {
			all[key] = value
		}
	}
	return printJSON(all)
}

func printTable(head []string, rows [][]string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 3, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}
