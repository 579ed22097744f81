package week

import (
	"slices"
	"testing"
	"time"

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
