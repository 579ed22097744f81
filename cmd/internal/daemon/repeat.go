package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// repetition is how often a command asks the daemon again.
type repetition struct {
	on       bool
	interval time.Duration
}

// flags adds --interval, and the flag that switches the repetition on.
func (r *repetition) flags(cmd *kingpin.CmdClause, name, help string) {
	cmd.Flag(name, help).BoolVar(&r.on)
	cmd.Flag("interval", "With --"+name+": time between two requests, such as 2s or 1m.").Default("5s").DurationVar(&r.interval)
}

// clear moves a terminal's cursor to the upper left and erases what is below.
const clear = "\x1b[H\x1b[J"

// show calls print once, or repeatedly until ctx is done. On a terminal each output
// replaces the one before; otherwise an empty line separates them. While the daemon
// does not answer, its error is the output.
func (r repetition) show(ctx context.Context, out io.Writer, print func(io.Writer) error) error {
	if !r.on {
		return print(out)
	}
	return r.each(ctx, func() error {
		var screen bytes.Buffer
		err := print(&screen)
		if errors.Is(err, client.ErrUnreachable) {
			fmt.Fprintln(&screen, terminal.Lines(err.Error(), "  "))
		} else if err != nil && !errors.Is(err, ErrFound) {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		separator := "\n"
		if terminal.Is(out) {
			separator = ""
			if _, err := io.WriteString(out, clear); err != nil {
				return err
			}
		}
		_, err = fmt.Fprint(out, screen.String(), separator)
		return err
	})
}

// each calls ask at once and then at the interval, until ctx is done or ask fails.
func (r repetition) each(ctx context.Context, ask func() error) error {
	if r.interval <= 0 {
		return usage("--interval: %s: must be above 0s", r.interval)
	}
	ticker := time.NewTicker(r.interval)
	defer ticker.Stop()
	for {
		if err := ask(); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
