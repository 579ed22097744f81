package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/schollz/progressbar/v3"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/plot"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/report"
)

// gcPercent makes the garbage collector run less often than by default, which is
// faster: a run needs little memory.
const gcPercent = 800

// compare runs the strategies and prints the report.
func (o *options) compare(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	c, err := o.comparison(environ)
	if err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	// Prometheus opens a span for each part of each query. Spans are not used here,
	// and the default provider takes a tenth of the run time.
	otel.SetTracerProvider(noop.NewTracerProvider())
	bar := progress(c.Hours(), stderr)
	c.Progress = func() { _ = bar.Add(1) }
	weeks, err := c.Run(ctx)
	_ = bar.Finish()
	if err != nil {
		return err
	}
	if o.plot != "" {
		if err := draw(o.plot, c.Figure(weeks[0])); err != nil {
			return err
		}
	}
	r := report.New(c, weeks)
	if o.output == "json" {
		return r.JSON(stdout)
	}
	return r.Text(stdout)
}

// progress returns a progress bar, which is silent if stderr is not a terminal.
func progress(hours int, stderr io.Writer) *progressbar.ProgressBar {
	if !terminal.Is(stderr) {
		return progressbar.DefaultSilent(int64(hours))
	}
	return progressbar.NewOptions(hours, progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription("hours simulated"),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(200*time.Millisecond))
}

func draw(path string, figure plot.Figure) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := plot.Write(f, figure); err != nil {
		return err
	}
	return f.Close()
}
