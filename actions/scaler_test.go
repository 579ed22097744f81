package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestFleetFollowsTheLoadUpAndDown(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Sizes.Fleet.Cores, cfg.Sizes.Max = 4, fleet.Size{Cores: 8, RAM: 16384} // so that servers must start, too
	fx := newFixture(t, cfg, sim.Config{Servers: 12, Running: 3, Seed: 1})
	fx.run(5 * time.Minute)
	for range 12 {
		fx.meetings(4, 45*time.Minute)
		fx.run(2 * time.Minute)
	}
	if n := fx.count(fleet.StateActive) + fx.count(fleet.StateWarming); n < 5 {
		t.Errorf("under load: %d servers in service or nearly so, want at least 5\n%s", n, fx.describe())
	}
	fx.until(4*time.Hour, "back to the floor", func() bool {
		return fx.count(fleet.StateActive) == 2 && fx.count(fleet.StateOff) == 10
	})
	fx.unharmed()
	steps := fx.w.Figures().Steps
	for _, k := range []fleet.Kind{fleet.Start, fleet.Enable, fleet.Grow, fleet.Cordon, fleet.Shrink, fleet.Stop} {
		if steps[k] == 0 {
			t.Errorf("no step %s was made\n%s", k, fx.describe())
		}
	}
}
