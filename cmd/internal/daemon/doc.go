// Package daemon is the program bbb-scaler without its process: its flags, its
// commands, and the wiring of the daemon. The simulation's live demo runs the
// same daemon beside its cloud.
package daemon

import (
	"context"
	"io"
)

// Run does what args say until it is done or ctx is. environ has the form of
// os.Environ.
func Run(ctx context.Context, args []string, environ []string, stdout, stderr io.Writer) error {
	o, command, err := parse(args, environ, stdout)
	if err != nil {
		return err
	}
	return o.commands(stdout, stderr)[command](ctx)
}
