package virtual

import (
	"context"
	"math"
	"net/url"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
)

// steadyRule is a recording rule that returns its last result again while the
// samples that its expression reads stay the same. Most recorded series, such as
// those that join targets to servers, have the same values for hours, and Prometheus
// computes them again at each evaluation.
type steadyRule struct {
	*rules.RecordingRule
	samples *Samples
	reads   []*read
	known   bool
	last    promql.Vector
}

// steady returns a recording rule as a steadyRule. It returns the rule itself if it
// is an alert, or if its result depends on more than the present samples.
func steady(rule rules.Rule, samples *Samples) rules.Rule {
	record, ok := rule.(*rules.RecordingRule)
	if !ok {
		return rule
	}
	query := record.Query()
	if p, ok := query.(printed); ok {
		query = p.Expr
	}
	reads, ok := readsOf(query, false)
	if !ok {
		return rule
	}
	return &steadyRule{RecordingRule: record, samples: samples, reads: reads}
}

// Eval returns the recorded samples.
func (r *steadyRule) Eval(ctx context.Context, offset time.Duration, at time.Time, query rules.QueryFunc, external *url.URL, limit int) (promql.Vector, error) {
	t, same := at.Add(-offset).UnixMilli(), r.known
	for _, read := range r.reads {
		same = read.again(r.samples, t) && same // each one, to know the present samples
	}
	if same {
		for i := range r.last {
			r.last[i].T = t
		}
		return r.last, nil
	}
	var err error
	r.last, err = r.RecordingRule.Eval(ctx, offset, at, query, external, limit)
	r.known = err == nil
	return r.last, err
}

// read is the samples that one selector of an expression reads.
type read struct {
	matchers []*labels.Matcher
	window   int64 // ms; a series counts while it has a sample within it
	past     bool  // not only the last sample counts: one that a series had before it ended
	exists   bool  // only which series count matters, and not their values
	series   []*Series
	version  int // of Samples, for which series is the list
	seen     []sight
}

// sight is a series that counts, and its value unless only its existence matters.
type sight struct {
	series *Series
	value  uint64
}

// again reads at t, and reports whether it reads the same as the last time.
func (r *read) again(samples *Samples, t int64) (same bool) {
	if r.series == nil || r.version != samples.version {
		r.series, r.version = samples.selected(r.matchers), samples.version
	}
	same, n := true, 0
	for _, s := range r.series {
		v, ok := s.counts(t, r.window, r.past)
		if !ok {
			continue
		}
		now := sight{series: s}
		if !r.exists {
			now.value = math.Float64bits(v)
		}
		if n == len(r.seen) {
			r.seen, same = append(r.seen, now), false
		}
		if r.seen[n] != now {
			r.seen[n], same = now, false
		}
		n++
	}
	if n < len(r.seen) {
		r.seen, same = r.seen[:n], false
	}
	return same
}

// counts returns the last sample within the window up to t; the marker of a
// series' end is none. Before such a marker only past looks.
func (s *Series) counts(t, window int64, past bool) (v float64, ok bool) {
	for i := len(s.points) - 1; i >= 0 && s.points[i].T > t-window; i-- {
		if !value.IsStaleNaN(s.points[i].F) {
			return s.points[i].F, true
		}
		if !past {
			break
		}
	}
	return 0, false
}

// readsOf returns what an expression reads; exists tells that only the labels of
// its result matter. It returns false for an expression that also depends on the
// time, or on other than the last samples.
func readsOf(expr parser.Expr, exists bool) ([]*read, bool) {
	switch e := expr.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral:
		return nil, true
	case *parser.ParenExpr:
		return readsOf(e.Expr, exists)
	case *parser.VectorSelector:
		return []*read{{matchers: e.LabelMatchers, window: lookback.Milliseconds(), exists: exists}}, plain(e)
	case *parser.AggregateExpr:
		return readsOfAggregate(e, exists)
	case *parser.BinaryExpr:
		return readsOfBinary(e, exists)
	case *parser.Call:
		return readsOfCall(e, exists)
	}
	return nil, false
}

// plain reports whether a selector reads at the time of the evaluation.
func plain(v *parser.VectorSelector) bool {
	return v.OriginalOffset == 0 && v.OriginalOffsetExpr == nil && v.Timestamp == nil && v.StartOrEnd == 0 && !v.Anchored && !v.Smoothed
}

func readsOfAggregate(e *parser.AggregateExpr, exists bool) ([]*read, bool) {
	switch e.Op {
	case parser.GROUP, parser.COUNT:
		return readsOf(e.Expr, true)
	case parser.SUM, parser.AVG, parser.MIN, parser.MAX:
		return readsOf(e.Expr, exists)
	}
	return nil, false
}

func readsOfBinary(e *parser.BinaryExpr, exists bool) ([]*read, bool) {
	compares := e.Op.IsComparisonOperator() // then values decide what is left
	left, ok := readsOf(e.LHS, exists && !compares)
	right, ok2 := readsOf(e.RHS, exists && !compares || e.Op == parser.LAND || e.Op == parser.LUNLESS)
	return append(left, right...), ok && ok2
}

func readsOfCall(e *parser.Call, exists bool) ([]*read, bool) {
	switch e.Func.Name {
	case "max_over_time":
		m, ok := e.Args[0].(*parser.MatrixSelector)
		if !ok || !exists || m.RangeExpr != nil {
			return nil, false
		}
		v := m.VectorSelector.(*parser.VectorSelector)
		return []*read{{matchers: v.LabelMatchers, window: m.Range.Milliseconds(), past: true, exists: true}}, plain(v)
	case "label_replace", "clamp_min", "clamp_max", "vector":
		var all []*read
		for _, arg := range e.Args {
			reads, ok := readsOf(arg, exists)
			if !ok {
				return nil, false
			}
			all = append(all, reads...)
		}
		return all, true
	}
	return nil, false
}
