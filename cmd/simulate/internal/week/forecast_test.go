package week

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// retained is how long the Prometheus of many installations keeps its data.
const retained = 48 * time.Hour

// bell is a Monday from 06:45 to 09:15 on a small fleet, after a week of the same
// school. Lessons begin at 08:00.
func bell(file config.File) Setup {
	setup := aDay(30, file).setup(1)
	setup.World.Start, setup.Until = monday.Add(6*time.Hour+45*time.Minute), monday.Add(9*time.Hour+15*time.Minute)
	setup.Arrivals = slices.DeleteFunc(slices.Clone(setup.Arrivals), func(a sim.Arrival) bool { return a.At.Before(setup.World.Start) })
	return setup
}

// coresAt is the size of the servers that take meetings at a time.
func coresAt(r Result, at time.Time) (cores fleet.Cores) {
	for _, s := range r.Samples {
		if s.At.After(at) {
			break
		}
		cores = 0
		for _, c := range s.Counts {
			cores += fleet.Cores(c.Takes) * c.Size.Cores
		}
	}
	return cores
}

func TestTheForecastNeedsNoLongRetention(t *testing.T) {
	file := config.Defaults()
	file.Actions.Capacity.LearningActiveShare = 0 // the cores of a forecast alone
	early, late := monday.Add(7*time.Hour+25*time.Minute), monday.Add(7*time.Hour+58*time.Minute)
	ready := func(o Ours) (before, at fleet.Cores, f sim.Figures) {
		o.File = file
		r := mustSimulate(t, bell(file), o)
		return coresAt(r, early), coresAt(r, late), r.Figures
	}
	_, want, _ := ready(Ours{Title: "Prometheus keeps the week before", NewStore: true})
	before, got, f := ready(Ours{Title: "Prometheus keeps two days, the daemon remembers", Retention: retained})
	if got < want || got > want+want/5 || before > want/2 {
		t.Errorf("the daemon's memory has %d cores ready at 07:58 after %d at 07:25, Prometheus's week %d at 07:58; want the same", got, before, want)
	}
	if f.MeetingsRefused > 0 || f.OverloadParticipantMinutes > 0.001*f.ParticipantMinutes {
		t.Errorf("%d meetings are refused, %.0f of %.0f minutes have overload; want none", f.MeetingsRefused, f.OverloadParticipantMinutes, f.ParticipantMinutes)
	}
	if _, blind, _ := ready(Ours{Title: "nothing is remembered", Retention: retained, NewStore: true}); blind > want/2 {
		t.Errorf("without any history %d cores are ready at 07:58, with one %d: the test shows nothing", blind, want)
	}
}

// said is a fleet.Calendars that always says the same.
type said fleet.Events

// Read implements fleet.Calendars.
func (s said) Read(_ context.Context, name string, _ *time.Location, now time.Time) (fleet.Feed, error) {
	return fleet.Feed{Name: name, ReadAt: now, Events: fleet.Events(s)}, nil
}

// withCalendar is the scaler with a calendar of these events.
func withCalendar(title string, events ...fleet.Event) Ours {
	file := config.Defaults()
	file.Actions.Capacity.Calendars = []fleet.Calendar{{Name: "school", File: "school.ics"}}
	return Ours{Title: title, File: file, Retention: retained, Override: func(d *actions.Deps) { d.Calendars = said(events) }}
}

func TestOnAHolidayNoServerStartsForTheBell(t *testing.T) {
	holiday := bell(config.Defaults())
	holiday.Arrivals, holiday.Until = nil, monday.Add(8*time.Hour+10*time.Minute)
	late := monday.Add(7*time.Hour + 58*time.Minute)
	off := fleet.Event{From: monday, To: monday.AddDate(0, 0, 1), DayOff: true}
	for name, c := range map[string]struct {
		events []fleet.Event
		starts bool
	}{"in the calendar": {[]fleet.Event{off}, false}, "not in it": {nil, true}} {
		r := mustSimulate(t, holiday, withCalendar(name, c.events...))
		few := 2 * config.Defaults().Actions.Sizes.Default.Cores
		if got := coresAt(r, late); (got > few) != c.starts {
			t.Errorf("on a holiday that is %s %d cores are ready for the bell; want more than the floor's %d: %v", name, got, few, c.starts)
		}
	}
}

func TestServersAreReadyForAnEventInTheCalendar(t *testing.T) {
	setup := bell(config.Defaults())
	setup.History = nil // without a forecast
	at := monday.Add(8 * time.Hour)
	setup.Arrivals = nil
	for i := range 20 {
		setup.Arrivals = append(setup.Arrivals, sim.Arrival{At: at.Add(time.Duration(i) * 5 * time.Second),
			MeetingSpec: sim.MeetingSpec{Duration: time.Hour, Participants: 30, Webcams: 5, Fill: time.Minute}})
	}
	r := mustSimulate(t, setup, withCalendar("exam", fleet.Event{From: at, To: at.Add(time.Hour), Users: 600}))
	takes := 0
	for _, s := range r.Samples {
		if s.At.Equal(at) {
			for _, c := range s.Counts {
				takes += c.Takes
			}
		}
	}
	f := r.Figures
	if takes < 6 || f.MeetingsRefused > 0 || f.OverloadParticipantMinutes > 0.02*f.ParticipantMinutes {
		t.Errorf("%d servers take meetings when the exam of 600 people begins, %d meetings are refused, %.0f of %.0f minutes have overload; want 6 servers and neither",
			takes, f.MeetingsRefused, f.OverloadParticipantMinutes, f.ParticipantMinutes)
	}
}
