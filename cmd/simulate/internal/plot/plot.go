// Package plot draws the number of servers of each strategy over time: the servers
// that were needed, that took meetings, and that were switched on. Beside it stands what
// that cost, and above it a headline.
//
// The picture is one SVG file with one row for each strategy. All rows have the
// same scale, in which the need can be seen: a strategy that has many times as many
// servers switched on is cut off at the top, with a note. The picture has its own background, with colors for light and for
// dark pages. The same figure always gives the same bytes.
package plot

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Point is the state of the fleet at one time. All three numbers have the same unit:
// servers of one size, so that a server that grew counts as more than one.
type Point struct {
	At      time.Time
	On      float64 // switched on, and paid for
	Service float64 // in service: takes meetings
	Need    float64 // needed for the people in meetings
}

// Series holds the points of one strategy, which are drawn in one row.
type Series struct {
	Name   string
	Note   string  // text at the end of the row's title, such as the server-hours
	Points []Point // sorted by time
	// Cost is drawn as a bar, beside Amount, which is the cost as text.
	Cost   float64
	Amount string
	// Effects are a few words each, below the bar: on the money, and on people.
	Effects []Effect
}

// Effect is a text beside a row.
type Effect struct {
	Text string
	Bad  bool // people were harmed
}

// Figure is the content of a picture. Its days begin and end at midnight in the
// time zone of the first point.
type Figure struct {
	Title    string
	Headline string // the result in a sentence
	Unit     string // unit of the vertical axis, such as "servers"
	Money    string // title of the column with the cost
	Series   []Series
}

// Write draws f as SVG. It returns an error if f has no points, or points that are
// not sorted by time.
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

// span returns the time range of all points, extended to whole days.
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

// midnight returns the beginning of the day that is a number of days after the day
// of t.
func midnight(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}
