// opm as it is, with one command more: validate-bundle runs the validators of the operator framework on a folder.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/operator-framework/operator-registry/cmd/opm/root"
)

func main() {
	command := root.NewCmd(false)
	command.AddCommand(validateBundle())
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if err := command.ExecuteContext(ctx); err != nil {
		os.Exit(1)
	}
}
