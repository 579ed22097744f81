package virtual

import (
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// family is the series of one metric.
type family struct {
	series  []*Series // in the order of their first sample
	version int       // another one whenever the set of series is another one
}

// family returns the series of a metric.
func (s *Samples) family(name string) *family {
	f := s.byName[name]
	if f == nil {
		f = &family{}
		s.byName[name] = f
	}
	return f
}

func (f *family) add(s *Series) {
	f.series = append(f.series, s)
	f.version++
}

// sweep removes the series whose last sample is too old at t to be kept.
func (f *family) sweep(t int64) {
	f.series = slices.DeleteFunc(f.series, func(s *Series) bool {
		n := len(s.points)
		s.swept = n > 0 && s.points[n-1].T < t-s.keep
		if s.swept {
			f.version++
		}
		return s.swept
	})
}

// selection is the series that a selector selects. They are looked up again only
// when the metric has other series.
type selection struct {
	family   *family
	matchers []*labels.Matcher
	series   []*Series
	version  int
}

// selection returns the series of a selector, which must have a metric name. The
// engine finds them by the selector's first matcher.
func (s *Samples) selection(name string, matchers []*labels.Matcher) *selection {
	sel := s.selections[matchers[0]]
	if sel == nil {
		sel = &selection{family: s.family(name), matchers: matchers, version: -1}
		s.selections[matchers[0]] = sel
	}
	return sel
}

// list returns the present series.
func (s *selection) list() []*Series {
	if s.version != s.family.version {
		s.version, s.series = s.family.version, filter(s.family.series, s.matchers)
	}
	return s.series
}

// selected returns the series that matchers select.
func (s *Samples) selected(matchers []*labels.Matcher) []*Series {
	if sel := s.selections[matchers[0]]; sel != nil {
		return sel.list()
	}
	return filter(s.candidates(matchers), matchers)
}

// candidates returns the series with the metric name of the matchers, or all series
// if the matchers have none.
func (s *Samples) candidates(matchers []*labels.Matcher) []*Series {
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return s.family(m.Value).series
		}
	}
	var all []*Series
	for _, f := range s.byName {
		all = append(all, f.series...)
	}
	slices.SortFunc(all, func(a, b *Series) int { return labels.Compare(a.labels, b.labels) })
	return all
}

func filter(series []*Series, matchers []*labels.Matcher) []*Series {
	var out []*Series
	for _, s := range series {
		if matches(s.labels, matchers) {
			out = append(out, s)
		}
	}
	return out
}

func matches(l labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}
