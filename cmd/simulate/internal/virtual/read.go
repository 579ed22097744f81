package virtual

import (
	"math"
	"sort"
	"time"

	"github.com/prometheus/prometheus/model/value"
)

// read is what one part of an expression reads: a selector's series, or the day of
// the week.
type read struct {
	selection *selection // nil for the day of the week
	look      look
	offset    int64 // ms
	window    int64 // ms; a series counts while it has a sample within it
	seen      []sight
}

// sight is what a read saw of a series that counts.
type sight struct {
	series *Series
	bits   uint64 // of the value; 0 if only the existence of the series matters
	n      int    // number of samples of a range, or varying
}

// varying is the number of samples of a range whose samples differ: its result may
// be another one at each evaluation.
const varying = -1

// look returns what is seen in the samples of a window, and whether its series
// counts.
type look func(s *Series, from, to int64) (sight, bool)

// again reads at t, and reports whether it reads the same as the last time.
func (r *read) again(t int64) (same bool) {
	if r.selection == nil {
		return r.see(0, sight{bits: uint64(time.UnixMilli(t).UTC().Weekday())})
	}
	same, n := true, 0
	for _, s := range r.selection.list() {
		if now, ok := r.look(s, t-r.offset-r.window, t-r.offset); ok {
			same = r.see(n, now) && same
			n++
		}
	}
	same = same && n == len(r.seen)
	r.seen = r.seen[:n]
	return same
}

// see keeps the i-th sight, and reports whether it is the same as the last time.
func (r *read) see(i int, now sight) (same bool) {
	if i == len(r.seen) {
		r.seen = append(r.seen, now)
		return false
	}
	same = r.seen[i] == now && now.n != varying
	r.seen[i] = now
	return same
}

// last sees the last sample, unless it is the marker of the series' end.
func last(s *Series, from, to int64) (sight, bool) {
	i := s.until(to) - 1
	if i < 0 || s.points[i].T <= from || value.IsStaleNaN(s.points[i].F) {
		return sight{}, false
	}
	return sight{series: s, bits: math.Float64bits(s.points[i].F)}, true
}

// lastExists sees whether last sees a sample.
func lastExists(s *Series, from, to int64) (sight, bool) {
	_, ok := last(s, from, to)
	return sight{series: s}, ok
}

// anyExists sees whether there is a sample, also before the series ended.
func anyExists(s *Series, from, to int64) (sight, bool) {
	for i := s.until(to) - 1; i >= 0 && s.points[i].T > from; i-- {
		if !value.IsStaleNaN(s.points[i].F) {
			return sight{series: s}, true
		}
	}
	return sight{}, false
}

// constant sees the value and the number of the samples, or that the values vary.
func constant(s *Series, from, to int64) (sight, bool) {
	now := sight{series: s}
	for i := s.until(to) - 1; i >= 0 && s.points[i].T > from; i-- {
		switch bits := math.Float64bits(s.points[i].F); {
		case value.IsStaleNaN(s.points[i].F):
		case now.n == 0:
			now.bits, now.n = bits, 1
		case now.bits == bits:
			now.n++
		default:
			return sight{series: s, n: varying}, true
		}
	}
	return now, now.n > 0
}

// difference sees the difference of the last two samples.
func difference(s *Series, from, to int64) (sight, bool) {
	var values [2]float64
	n := 0
	for i := s.until(to) - 1; i >= 0 && s.points[i].T > from && n < 2; i-- {
		if !value.IsStaleNaN(s.points[i].F) {
			values[n] = s.points[i].F
			n++
		}
	}
	return sight{series: s, bits: math.Float64bits(values[0] - values[1])}, n == 2
}

// until returns the number of samples up to t. Most reads are of the present.
func (s *Series) until(t int64) int {
	if n := len(s.points); n == 0 || s.points[n-1].T <= t {
		return n
	}
	return sort.Search(len(s.points), func(i int) bool { return s.points[i].T > t })
}
