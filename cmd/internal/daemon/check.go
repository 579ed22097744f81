package daemon

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// ErrFound is returned by Run when check found and printed problems, or when status
// shows that the fleet cannot be read.
var ErrFound = errors.New("problems were found and printed")

// check reads everything that the daemon reads, changes nothing, and prints the
// fleet and the problems.
func (o *options) check(ctx context.Context, stdout io.Writer) error {
	c := &preflight{printer: *o.printer(stdout)}
	file, err := config.Load(o.configFile, o.environ)
	if err != nil {
		c.wrong("configuration", err, "")
		return c.end()
	}
	c.ok("configuration", "valid")
	for _, w := range file.Warnings() {
		c.note("configuration", "%s", w)
	}
	links, err := connect(file, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		c.wrong("connections", err, "")
		return c.end()
	}
	c.file, c.clients = file, *links.now.Load()
	c.cloud(ctx)
	c.balancer(ctx)
	c.alertmanager(ctx)
	c.calendars(ctx)
	c.fleet(ctx, links)
	c.prometheus(ctx)
	return c.end()
}

// preflight is a check in progress.
type preflight struct {
	printer
	file    config.File
	clients clients
	status  fleet.Status
	found   int
}

// findingColors are the colors of the words that findings begin with.
var findingColors = map[string]terminal.Color{"note": terminal.Yellow, "WRONG": terminal.Red}

func (c *preflight) ok(what, format string, args ...any) {
	c.finding("ok", what, format, args...)
}

func (c *preflight) note(what, format string, args ...any) {
	c.finding("note", what, format, args...)
}

func (c *preflight) finding(verdict, what, format string, args ...any) {
	c.paint(findingColors[verdict], "%-6s %-14s "+format, append([]any{verdict, what}, args...)...)
}

// wrong prints a problem and how to fix it; fix is "" if the error contains that.
// An error of several lines, such as one of a configuration, is printed in full.
func (c *preflight) wrong(what string, err error, fix string) {
	c.found++
	first, more, _ := strings.Cut(err.Error(), "\n")
	c.finding("WRONG", what, "%s", first)
	if more != "" {
		for line := range strings.SplitSeq(more, "\n") {
			c.line("         %s", line)
		}
	}
	if fix != "" {
		c.line("         to fix it: %s", fix)
	}
}

func (c *preflight) end() error {
	switch {
	case c.found == 1:
		c.line("\n1 problem")
	case c.found > 1:
		c.line("\n%d problems", c.found)
	default:
		c.line("\nno problems")
	}
	if c.err == nil && c.found > 0 {
		return ErrFound
	}
	return c.err
}
