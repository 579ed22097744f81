// Command bbb-scaler scales a fleet of BigBlueButton servers on IONOS behind
// Scalelite, driven by the notifications of Alertmanager.
//
// Without a command it runs the daemon. The command check reads everything that
// the daemon reads and lists problems; status, explain, journal, pause,
// resume and release call a running daemon.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

func main() { os.Exit(exitCode()) }

// gcPercent lets the garbage collector run more often than by default (100): most of
// what the daemon takes for a large fleet is garbage of the present cycle. With 1,000
// servers this saves about 10 MiB of 66 MiB, for 20 ms of CPU time in each cycle.
const gcPercent = 50

// memoryLimit lets the garbage collector run still more often before the daemon takes
// the 256 MiB that the installations in deploy allow, of which the program's own text is
// about 25 MiB. With 10,000 servers, 110 MiB are in use, and it would take 290 MiB.
const memoryLimit = 200 << 20

func exitCode() int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := daemon.Run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, daemon.ErrFound) { // what was found is printed already
		fmt.Fprintln(os.Stderr, "bbb-scaler:", terminal.Lines(err.Error(), "  "))
	}
	return daemon.ExitCode(err)
}
