// Command simulate shows what the scaler would do with a fleet, before it manages
// a real one.
//
// With --live it runs a simulated fleet in this process together with the real
// daemon, one hour in a minute. Without --live it compares strategies over simulated
// weeks and prints the cost of each strategy and its effect on people.
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
