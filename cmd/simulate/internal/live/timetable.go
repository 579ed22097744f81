package live

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// begin is the simulated time at which the demo starts, on a Monday: the bell
// rings 45 min later.
var begin = time.Date(2026, 3, 2, 7, 15, 0, 0, time.UTC)

// beginAt returns the simulated time at which the demo starts: closer to the bell
// at a low speed, which would otherwise make people wait.
func beginAt(speed float64) time.Time {
	if speed < 10 {
		return begin.Add(25 * time.Minute)
	}
	return begin
}

// day is the demo's timetable, in minutes after the bell, and the share of the
// classes in percent. Its breaks are long enough for the fleet to shrink in them.
var day = []struct{ start, length, share int }{
	{0, 45, 80}, {50, 40, 100}, // a long break
	{155, 45, 100}, {205, 45, 80}, // lunch
	{330, 45, 50}, {380, 45, 30},
}

// classSize is the number of people in a class, and webcams that of the webcams
// that they send (assumptions).
const (
	classSize = 25
	webcams   = 8
)

// lessons returns the meetings of a year of such days, with about one class for
// each server.
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
