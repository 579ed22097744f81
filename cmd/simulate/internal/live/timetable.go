package live

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// begin is the demo's first minute, on a Monday: the bell rings 45 min later.
var begin = time.Date(2026, 3, 2, 7, 15, 0, 0, time.UTC)

// beginAt is the world's first minute at a speed: soon before the bell, where
// an hour takes long.
func beginAt(speed float64) time.Time {
	if speed < 10 {
		return begin.Add(35 * time.Minute)
	}
	return begin
}

// day is the demo's timetable, in minutes after the bell, with breaks that are
// long enough for the fleet to shrink in them.
var day = []struct{ start, length, share int }{
	{0, 45, 80}, {50, 40, 100}, // a long break
	{155, 45, 100}, {205, 45, 80}, // lunch
	{330, 45, 50}, {380, 45, 30},
}

// classSize is the people in a class, and webcams how many of them show
// themselves.
const (
	classSize = 25
	webcams   = 8
)

// lessons is a school that holds days like that without end, with about one
// class for each server.
func lessons(start time.Time, servers int) sim.Source {
	const year = 365
	s := sim.School{Start: start.Truncate(24 * time.Hour), Days: year}
	bell := 8 * time.Hour
	for d := range year {
		for _, l := range day {
			s.Events = append(s.Events, sim.Event{
				At:       time.Duration(d)*24*time.Hour + bell + time.Duration(l.start-4)*time.Minute,
				Duration: time.Duration(l.length+2) * time.Minute, Over: 6 * time.Minute,
				Meetings: max(1, servers*l.share/100), Participants: classSize, Webcams: webcams,
			})
		}
	}
	return s.Arrivals()
}
