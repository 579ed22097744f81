package sim

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Weeks is a workload of consecutive days of a timetable.
type Weeks struct {
	Timetable Timetable
	Seed      uint64
	Start     time.Time // 00:00 of the first day, in the timetable's location
	Days      int       // number of days; day 0 is the day of Start
	// Peak is the approximate number of participants at the fullest time.
	Peak     int
	Holidays []int // working days with the meetings of a day off, counted from 0
	Events   []Event
	Recorded float64 // share of the meetings with a fixed time that leave a recording, from 0 to 1
}

// Event is an exception from the timetable: a number of meetings that begin within Over.
type Event struct {
	At           time.Duration // since Weeks.Start, without changes to or from summer time
	Duration     time.Duration
	Meetings     int
	Participants int           // of each
	Webcams      int           // of each
	Over         time.Duration // time from At within which the meetings begin
}

// SchoolWeek returns a week of the timetable of a school.
func SchoolWeek(seed uint64, monday time.Time, servers int) Weeks {
	return School().Week(seed, monday, servers)
}

// Arrivals returns the meetings of the workload, generated day by day.
func (w Weeks) Arrivals() Source { return &days{weeks: w} }

// days is the Source of Weeks.
type days struct {
	weeks Weeks
	day   int
	left  []Arrival
}

// Next implements Source.
func (d *days) Next() (Arrival, bool) {
	for len(d.left) == 0 {
		if d.day >= d.weeks.Days {
			return Arrival{}, false
		}
		d.left = d.weeks.on(d.day)
		d.day++
	}
	a := d.left[0]
	d.left = d.left[1:]
	return a, true
}

// on returns the meetings of one day, ordered by time.
func (w Weeks) on(day int) []Arrival {
	g := generator{Weeks: w, r: rand.New(rand.NewPCG(w.Seed, uint64(day))), day: day}
	weekday := g.at(12 * time.Hour).Weekday()
	if weekday == time.Saturday || weekday == time.Sunday || slices.Contains(w.Holidays, day) {
		g.program(w.Timetable.dayOff, 1)
	} else {
		g.program(w.Timetable.workday, 1-w.Timetable.absent+w.Timetable.absent*g.r.Float64())
	}
	for _, e := range w.Events {
		if int(e.At/(24*time.Hour)) == day {
			g.event(e)
		}
	}
	slices.SortStableFunc(g.out, func(a, b Arrival) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Duration, b.Duration)) })
	return g.out
}
