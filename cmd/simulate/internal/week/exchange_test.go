package week

import (
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// TestIdleMemoryDoesNotStartServersForEver runs a day of 12 servers whose
// BigBlueButton holds 3100 MiB of 8192 MiB while nobody is on, as people measure.
// Three such servers use more memory than scale-in may leave them with when a grown
// one of them is replaced by one of the default size.
func TestIdleMemoryDoesNotStartServersForEver(t *testing.T) {
	file := config.Defaults()
	setup := aDay(12, file).setup(1)
	setup.World.Start, setup.Until = monday.Add(7*time.Hour), monday.Add(22*time.Hour)
	setup.World.Load = sim.DefaultLoad()
	setup.World.Load.BaseRAM = 3100
	setup.Arrivals = slices.DeleteFunc(setup.Arrivals, func(a sim.Arrival) bool { return a.At.Before(setup.World.Start) })
	got := mustSimulate(t, setup, Ours{Title: "ours", File: file}).Figures
	if got.Flaps > 0 || got.Steps[fleet.Start] > 10 {
		t.Errorf("%d flaps, %d starts; want none, at most 10", got.Flaps, got.Steps[fleet.Start])
	}
}
