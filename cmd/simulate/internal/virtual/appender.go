package virtual

import (
	"context"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
)

// appender writes the samples of one rule. It writes immediately, because rules
// never roll back. Rules do not call the methods that it does not override.
type appender struct {
	storage.Appender
	samples *Samples
	written []written // by the present evaluation, without markers of a series' end
	before  []written // by the one before it
}

type written struct {
	series *Series // nil if the metric is not kept
	value  float64
}

// appendable gives a rule its appender.
type appendable struct{ to *appender }

// Appender implements storage.Appendable.
func (a appendable) Appender(context.Context) storage.Appender { return a.to }

// begin begins an evaluation.
func (a *appender) begin() { a.written, a.before = a.before[:0], a.written }

// Append implements storage.Appender.
func (a *appender) Append(_ storage.SeriesRef, l labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	s := a.series(l)
	if !value.IsStaleNaN(v) {
		a.written = append(a.written, written{s, v})
	}
	return 0, s.Append(t, v)
}

// series looks a series up, unless the rule wrote it in the same place before.
func (a *appender) series(l labels.Labels) *Series {
	if n := len(a.written); n < len(a.before) {
		if s := a.before[n].series; s != nil && !s.swept && labels.Equal(s.labels, l) {
			return s
		}
	}
	return a.samples.Series(l)
}

// repeat writes the samples of the present evaluation again, at t.
func (a *appender) repeat(t int64) {
	for _, w := range a.written {
		_ = w.series.Append(t, w.value) // no other rule writes it, so that nothing is newer
	}
}

// SetOptions does nothing.
func (a *appender) SetOptions(*storage.AppendOptions) {}

// Commit does nothing: Append has already written the samples.
func (a *appender) Commit() error { return nil }

// Rollback does nothing: rules never call it.
func (a *appender) Rollback() error { return nil }
