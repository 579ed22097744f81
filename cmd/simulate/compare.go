package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/plot"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/report"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// gcPercent makes the garbage collector run less often than by default, which is
// faster: a run needs little memory.
const gcPercent = 800

// compare runs the strategies in every case and prints the report.
func (o *options) compare(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	cases, err := o.cases(environ)
	if err != nil {
		return err
	}
	if err := plottable(o.plot); err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	// Prometheus opens a span for each part of each query. Spans are not used here,
	// and the default provider takes a tenth of the run time.
	otel.SetTracerProvider(noop.NewTracerProvider())
	caseDone, end := tellCases(cases, stderr)
	reports := make([]report.Report, len(cases))
	err = runCases(ctx, cases, func(i int, weeks []week.Week) error {
		reports[i] = report.New(cases[i], weeks)
		caseDone()
		if o.plot == "" {
			return nil
		}
		return draw(o.plot, cases[i].Figure(weeks[0]))
	})
	end()
	if err != nil {
		return err
	}
	return o.print(reports, stdout)
}

// print writes the report of one case, or the summary of several.
func (o *options) print(reports []report.Report, stdout io.Writer) error {
	var r interface {
		Text(w io.Writer) error
		JSON(w io.Writer) error
	} = report.Summary{Reports: reports}
	if !o.several() {
		r = reports[0]
	}
	if o.output == "json" {
		return r.JSON(stdout)
	}
	return r.Text(stdout)
}

// plottable checks before a long run that its plot can be written to a file afterwards.
func plottable(path string) error {
	if at, err := os.Stat(filepath.Dir(path)); err != nil || !at.IsDir() {
		return refuse.Value("--plot", path, "be in a directory that exists")
	}
	return nil
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
