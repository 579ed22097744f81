package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/live"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

// demo runs the live demo and prints its summary.
func (o *options) demo(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	out := stdout
	if o.output == "json" {
		out = stderr
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return err
	}
	seeds, err := seedList(o.seeds)
	if err != nil {
		return err
	}
	in, err := world.Read(o.worlds)
	if err != nil {
		return err
	}
	faults, err := parseFaults(in.Faults, o.servers)
	if err != nil {
		return err
	}
	cfg := live.Config{
		World: in, Seed: seeds[0], Faults: faults, Servers: o.servers, Speed: o.speed, For: o.length, Targets: o.targets, CutLinks: o.cutLinks, Daemon: daemon.Run, Out: out,
		Log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
	}
	if len(o.configs) > 0 {
		file, err := config.Read(o.configs[0], environ)
		if err != nil {
			return err
		}
		cfg.File = &file
	}
	if o.withoutDaemon {
		cfg.Daemon = nil
	}
	if o.scalelite.URL != "" {
		cfg.Scalelite = &o.scalelite
	}
	if o.replicas.Number > 1 {
		cfg.Replicas = &o.replicas
	}
	s, err := live.Run(ctx, cfg)
	return errors.Join(err, o.printSummary(stdout, s))
}

// printSummary prints the result of a run, also of a failed one, unless it failed
// before the simulated cloud existed.
func (o *options) printSummary(stdout io.Writer, s live.Summary) error {
	if s.Steps == nil {
		return nil
	}
	if o.output == "json" {
		return json.NewEncoder(stdout).Encode(s)
	}
	_, err := io.WriteString(stdout, s.String())
	return err
}
