package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestFleetFollowsTheLoadUpAndDown(t *testing.T) {
	sc := newSchool(t, schoolConfig(), sim.Config{Servers: 12, Running: 3, Seed: 1})
	sc.run(5 * time.Minute)
	for range 12 {
		sc.lessons(4, 45*time.Minute)
		sc.run(2 * time.Minute)
	}
	if n := sc.count(actions.StateActive) + sc.count(actions.StateWarming); n < 5 {
		t.Errorf("under load: %d servers in service or nearly so, want at least 5\n%s", n, sc.describe())
	}
	sc.until(4*time.Hour, "back to the floor", func() bool {
		return sc.count(actions.StateActive) == 2 && sc.count(actions.StateOff) == 10
	})
	sc.unharmed()
	steps := sc.w.Figures().Steps
	for _, k := range []actions.Kind{actions.Start, actions.Enable, actions.Grow, actions.Cordon, actions.Shrink, actions.Stop} {
		if steps[k] == 0 {
			t.Errorf("no step %s was made\n%s", k, sc.describe())
		}
	}
}
