package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
)

// Past is a series that was recorded before Prometheus started.
type Past struct {
	Labels labels.Labels
	times  []time.Time // sorted
	values []float64
}

// Add appends a sample, which must be newer than the last.
func (p *Past) Add(at time.Time, v float64) {
	p.times, p.values = append(p.times, at), append(p.values, v)
}

// writePast writes the series as a block into the storage's directory, as
// promtool tsdb create-blocks-from does.
func writePast(dir string, past []Past, log *slog.Logger) error {
	const year = 365 * 24 * time.Hour // a block that holds any past
	w, err := tsdb.NewBlockWriter(log, dir, year.Milliseconds())
	if err != nil {
		return fmt.Errorf("writing the history into %s: %w", dir, err)
	}
	ctx := context.Background()
	app := w.Appender(ctx)
	for _, p := range past {
		for i, at := range p.times {
			if _, err := app.Append(0, p.Labels, at.UnixMilli(), p.values[i]); err != nil {
				return errors.Join(fmt.Errorf("writing the history of %s: %w", p.Labels, err), app.Rollback(), w.Close())
			}
		}
	}
	if err := app.Commit(); err != nil {
		return errors.Join(fmt.Errorf("writing the history into %s: %w", dir, err), w.Close())
	}
	_, err = w.Flush(ctx)
	return errors.Join(err, w.Close())
}
