package week

import (
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

// TestNoWorldStartsServersForEver runs half a day of 12 servers in every world. What servers
// hold while nobody is on them, or leak, starts and drains none of them again and
// again.
func TestNoWorldStartsServersForEver(t *testing.T) {
	for _, name := range world.Names() {
		t.Run(name, func(t *testing.T) {
			in, err := world.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			file := config.Defaults()
			c := aDay(12, file)
			c.World = in
			setup := c.setup(1)
			setup.World.Start, setup.Until = monday.Add(11*time.Hour), monday.Add(20*time.Hour)
			setup.Arrivals = slices.DeleteFunc(setup.Arrivals, func(a sim.Arrival) bool { return a.At.Before(setup.World.Start) })
			got := mustSimulate(t, setup, Ours{Title: "ours", File: file}).Figures
			if got.Flaps > 0 || got.Steps[fleet.Start] > 12 || got.MeetingsEndedEarly > 0 || got.MeetingsRefused > 0 {
				t.Errorf("%d flaps, %d starts, %d ended early, %d refused; want no flap, at most 12 starts, no meeting ended or refused",
					got.Flaps, got.Steps[fleet.Start], got.MeetingsEndedEarly, got.MeetingsRefused)
			}
		})
	}
}
