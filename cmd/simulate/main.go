// Command simulate answers an operator's questions before the scaler goes live.
//
// With --live it runs a small school cloud in this process, with the daemon
// itself on it, an hour in a minute. Without, it compares strategies over
// simulated school weeks and prints what each costs and whom it harms.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", terminal.Lines(err.Error(), "  "))
		os.Exit(1)
	}
}
