// Command bbb-scaler scales a fleet of BigBlueButton servers on what
// Alertmanager tells it.
//
// Without a command it is the daemon. check reads everything that the daemon
// would and says what is wrong; status, explain, pause, resume and release talk
// to a running daemon.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
)

func main() { os.Exit(exitCode()) }

func exitCode() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	err := daemon.Run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, daemon.ErrFound):
		return 1 // what was found is printed already
	case err != nil:
		fmt.Fprintln(os.Stderr, "bbb-scaler:", err)
		return 1
	}
	return 0
}
