// Package plot draws the servers that each strategy had on the same days: those
// that were needed, those that took meetings, and those that were switched on.
//
// The picture is one SVG file with a row for each strategy, all on the same
// axes, so that no line hides another. It has its own background, with colors for
// light and for dark pages. The same figure always gives the same bytes.
package plot

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Point is the fleet at one time. All three are in the same unit: servers of
// one size, so that a server that grew counts as more than one.
type Point struct {
	At      time.Time
	On      float64 // switched on, and paid for
	Service float64 // in service: what takes meetings
	Need    float64 // what the people who want to meet need
}

// Series is one strategy's row.
type Series struct {
	Name   string
	Note   string  // such as its cost; drawn beside the name
	Points []Point // in the order of time
}

// Figure is a whole picture. Its days begin and end at midnight in the time
// zone of the first point.
type Figure struct {
	Title  string
	Unit   string // of the upward axis, such as "servers"
	Series []Series
}

// Write draws f as SVG. It refuses a figure without points, and points that
// are not in the order of time.
func Write(w io.Writer, f Figure) error {
	from, until, err := f.span()
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	c := newCanvas(f, from, until)
	if err := page.Execute(w, c); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

// span is the time of all points, widened to whole days.
func (f Figure) span() (from, until time.Time, err error) {
	if len(f.Series) == 0 {
		return from, until, errors.New("need at least one series")
	}
	for _, s := range f.Series {
		if len(s.Points) == 0 {
			return from, until, fmt.Errorf("series %q has no points", s.Name)
		}
		for i, p := range s.Points[1:] {
			if !p.At.After(s.Points[i].At) {
				return from, until, fmt.Errorf("series %q: the point at %s is not after the one before, at %s", s.Name, p.At, s.Points[i].At)
			}
		}
		if first := s.Points[0].At; from.IsZero() || first.Before(from) {
			from = first
		}
		if last := s.Points[len(s.Points)-1].At; last.After(until) {
			until = last
		}
	}
	until = until.In(from.Location())
	end := midnight(until, 0)
	if until.After(end) {
		end = midnight(until, 1)
	}
	if from = midnight(from, 0); !end.After(from) {
		end = midnight(from, 1)
	}
	return from, end, nil
}

// midnight is the beginning of the day that is some days after t's.
func midnight(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}
