package live

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// bell is the time of day at which the first lessons begin.
const bell = 8 * time.Hour

// beginAt returns the simulated time at which the demo starts, on a Monday: 45 min
// before the bell, or closer to it at a low speed, which would otherwise make people
// wait. It is in the time zone of this host, in which the page shows times.
func beginAt(speed float64) time.Time {
	ahead := 45 * time.Minute
	if speed < 10 {
		ahead = 20 * time.Minute
	}
	return time.Date(2026, 3, 2, 0, 0, 0, 0, time.Local).Add(bell - ahead)
}

// midnight returns the beginning of a day.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// day is the demo's timetable, in minutes after the bell, and the share of the
// classes in percent. Its breaks are long enough for the fleet to shrink in them.
var day = []struct{ start, length, share int }{
	{0, 45, 80}, {50, 40, 100}, // a long break
	{155, 45, 100}, {205, 45, 80}, // lunch
	{330, 45, 50}, {380, 45, 30}, // the end of the school day
	{630, 90, 10}, // an evening
}

// classSize is the number of people in a class, and webcams that of the webcams
// that they send (assumptions).
const (
	classSize = 25
	webcams   = 8
)

// meetings returns what people do in the demo: the lessons, and the crowd.
func meetings(start time.Time, servers int) sim.Source {
	return school(start, servers, crowd(start, servers)).Arrivals()
}

// lessons returns the meetings of the timetable alone, which the forecast knows.
func lessons(start time.Time, servers int) sim.Source { return school(start, servers).Arrivals() }

// school has a year of days of the timetable, with about one class for each server,
// and more events.
func school(start time.Time, servers int, more ...sim.Event) sim.Weeks {
	const year = 365
	s := sim.Weeks{Timetable: sim.School(), Start: midnight(start), Days: year, Events: more}
	for d := range year {
		for _, l := range day {
			s.Events = append(s.Events, sim.Event{
				At:       time.Duration(d)*24*time.Hour + bell + time.Duration(l.start-4)*time.Minute,
				Duration: time.Duration(l.length+2) * time.Minute, Over: 6 * time.Minute,
				Meetings: max(1, servers*l.share/100), Participants: classSize, Webcams: webcams,
			})
		}
	}
	return s
}
