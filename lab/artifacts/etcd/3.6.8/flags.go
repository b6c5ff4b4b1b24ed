package main

import "github.com/spf13/cobra"

// Nothing that all versions do not have.
func addFlags(*cobra.Command) {}
