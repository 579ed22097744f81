package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/live"
)

// options are the command line.
type options struct {
	live     bool
	servers  int
	length   time.Duration
	speed    float64
	output   string
	logLevel string
}

func parse(args []string) (*options, error) {
	o := &options{}
	app := kingpin.New("simulate", "Shows what bbb-scaler does with a fleet, before it is yours.")
	app.HelpFlag.Short('h')
	app.Flag("live", "Run a small school cloud in this process, with the daemon on it, an hour in a minute.").Required().BoolVar(&o.live)
	app.Flag("servers", "How many servers the fleet has.").Default("24").IntVar(&o.servers)
	app.Flag("for", "How long to run, such as 3m; without it, until Ctrl-C.").DurationVar(&o.length)
	app.Flag("speed", "Seconds of the simulated world in one second.").Default("60").Float64Var(&o.speed)
	app.Flag("output", "What to print in the end: text, or one JSON object on standard output.").Default("text").EnumVar(&o.output, "text", "json")
	app.Flag("log.level", "How much of what the parts have to say is shown: error, warn, info or debug.").Default("error").EnumVar(&o.logLevel, "error", "warn", "info", "debug")
	_, err := app.Parse(args)
	return o, err
}

// Bounds of the live demo: each server has three listeners, and the parts need
// some of a second for what takes them a minute.
const (
	mostLive  = 250
	mostSpeed = 240
)

func (o *options) validate() error {
	switch {
	case o.servers < 1 || o.servers > mostLive:
		return fmt.Errorf("--servers %d is not from 1 to %d", o.servers, mostLive)
	case o.speed < 1 || o.speed > mostSpeed:
		return fmt.Errorf("--speed %g is not from 1 to %d", o.speed, mostSpeed)
	case o.length < 0:
		return fmt.Errorf("--for %s is negative", o.length)
	}
	return nil
}

// run does what args say until it is done or ctx is.
func run(ctx context.Context, args []string, _ func(string) string, stdout, stderr io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	return o.demo(ctx, stdout, stderr)
}

// demo runs the live demo and prints its summary.
func (o *options) demo(ctx context.Context, stdout, stderr io.Writer) error {
	out := stdout
	if o.output == "json" {
		out = stderr
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return err
	}
	s, err := live.Run(ctx, live.Config{
		Servers: o.servers, Speed: o.speed, For: o.length, Daemon: daemon.Run, Out: out,
		Log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return err
	}
	if o.output == "json" {
		return json.NewEncoder(stdout).Encode(s)
	}
	_, err = io.WriteString(stdout, s.String())
	return err
}
