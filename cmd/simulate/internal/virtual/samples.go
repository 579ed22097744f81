package virtual

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// Samples is an in-memory storage for Prometheus's engine. It keeps the samples of
// each metric for a given time. It stores only floats, and permits one writer or
// reader at a time.
type Samples struct {
	keep       map[string]time.Duration // by metric name; others are not stored
	byName     map[string]*family
	byHash     map[uint64][]*Series
	selections map[*labels.Matcher]*selection // by the first matcher of the selector
}

// Series is one series of Samples, to append to without looking it up.
type Series struct {
	labels labels.Labels
	keep   int64 // ms
	points []promql.FPoint
	swept  bool // no longer in Samples
}

// NewSamples returns an empty storage that keeps each named metric for the given
// time, and no other metrics.
func NewSamples(keep map[string]time.Duration) *Samples {
	return &Samples{keep: keep, byName: map[string]*family{}, byHash: map[uint64][]*Series{}, selections: map[*labels.Matcher]*selection{}}
}

// Keeps reports whether the store keeps samples of the named metric.
func (s *Samples) Keeps(name string) bool { _, ok := s.keep[name]; return ok }

// Series returns the series with these labels; it has no samples when it is new.
// For a metric that is not kept it returns nil, on which Append does nothing.
func (s *Samples) Series(l labels.Labels) *Series {
	name := l.Get(model.MetricNameLabel)
	keep, ok := s.keep[name]
	if !ok {
		return nil
	}
	hash := l.Hash()
	for _, series := range s.byHash[hash] {
		if labels.Equal(series.labels, l) {
			return series
		}
	}
	series := &Series{labels: l, keep: keep.Milliseconds()}
	s.byHash[hash] = append(s.byHash[hash], series)
	s.family(name).add(series)
	return series
}

// Append adds a sample at t, in milliseconds since 1970. A sample that is not newer
// than the last is an error, as in Prometheus.
func (s *Series) Append(t int64, v float64) error {
	if s == nil {
		return nil
	}
	n := len(s.points)
	if n > 0 && t <= s.points[n-1].T {
		return fmt.Errorf("appending to %s: %w", s.labels, storage.ErrOutOfOrderSample)
	}
	if old := s.expired(t); old > n/2 { // moves each sample once, on average
		s.points = s.points[:copy(s.points, s.points[old:])]
	}
	s.points = append(s.points, promql.FPoint{T: t, F: v})
	return nil
}

// expired returns the number of samples that are too old at t to be kept.
func (s *Series) expired(t int64) int {
	return sort.Search(len(s.points), func(i int) bool { return s.points[i].T >= t-s.keep })
}

// Sweep deletes the series whose last sample is too old at now to be kept.
func (s *Samples) Sweep(now time.Time) {
	t := now.UnixMilli()
	for _, f := range s.byName {
		f.sweep(t)
	}
	swept := func(series *Series) bool { return series.swept }
	for hash, list := range s.byHash {
		if list = slices.DeleteFunc(list, swept); len(list) == 0 {
			delete(s.byHash, hash)
		} else {
			s.byHash[hash] = list
		}
	}
}

// Querier reads the samples from mint to maxt, both included.
func (s *Samples) Querier(mint, maxt int64) (storage.Querier, error) {
	return querier{s, mint, maxt}, nil
}

// querier reads a time range of Samples, in milliseconds since 1970.
type querier struct {
	samples    *Samples
	mint, maxt int64
}

// Select returns the matching series, limited to the time range of this selector:
// other selectors of the same query may read a whole week.
func (q querier) Select(_ context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	if hints != nil {
		q.mint, q.maxt = max(q.mint, hints.Start), min(q.maxt, hints.End)
	}
	set := &seriesSet{at: -1}
	for _, s := range q.samples.selected(matchers) {
		set.list = append(set.list, s.window(q.mint, q.maxt))
	}
	if sorted {
		slices.SortFunc(set.list, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	}
	return set
}

// LabelValues returns nothing; rules never call it.
func (q querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames returns nothing; rules never call it.
func (q querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close does nothing.
func (q querier) Close() error { return nil }

// seriesSet is the result of a selector.
type seriesSet struct {
	list []storage.Series
	at   int
}

// Next implements storage.SeriesSet.
func (s *seriesSet) Next() bool { s.at++; return s.at < len(s.list) }

// At returns the present series.
func (s *seriesSet) At() storage.Series { return s.list[s.at] }

// Err returns nil: reading from memory does not fail.
func (s *seriesSet) Err() error { return nil }

// Warnings returns nothing.
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// window is the part of a series from mint to maxt, both included.
func (s *Series) window(mint, maxt int64) storage.Series {
	from := sort.Search(len(s.points), func(i int) bool { return s.points[i].T >= mint })
	to := sort.Search(len(s.points), func(i int) bool { return s.points[i].T > maxt })
	return promql.NewStorageSeries(promql.Series{Metric: s.labels, Floats: s.points[from:max(from, to)]})
}

// Len returns the number of samples.
func (s *Series) Len() int { return len(s.points) }

// Last returns the time of the last sample, in milliseconds since 1970, or 0
// without one.
func (s *Series) Last() int64 {
	if s == nil || len(s.points) == 0 {
		return 0
	}
	return s.points[len(s.points)-1].T
}
