// Package daemon implements the program bbb-scaler: its flags, its commands, and
// the wiring of the daemon. cmd/bbb-scaler adds signals and the exit code; the
// live demo of cmd/simulate runs the same daemon against a simulated cloud.
//
// daemon.go starts and stops the daemon, links.go holds the clients of the other
// systems, credentials.go reads refused credentials again, reload.go replaces the
// configuration, and watch.go does so when its file changes. check.go is the command
// check; the other files check_*.go are what it checks, one question each. control.go,
// status.go, explain.go and journal.go are the commands that call a running daemon,
// with the connection of client.go; repeat.go repeats them, and print.go formats their
// output. exit.go has the exit codes.
package daemon

import (
	"context"
	"io"
)

// Run runs the command in args until it ends or ctx is done. It returns ErrFound
// when check or status found problems and printed them. environ has the form of
// os.Environ.
func Run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	o, command, err := parse(args, environ, stdout)
	if err != nil {
		return err
	}
	return o.commands(stdout, stderr)[command](ctx)
}
