package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// TestServersThatTheBalancerDoesNotTakeAreStoppedWhenNobodyNeedsThem has a poller that is
// dead while the schedule asks for more servers.
func TestServersThatTheBalancerDoesNotTakeAreStoppedWhenNobodyNeedsThem(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MinActiveShare = 2, 0
	cfg.Capacity.Schedule = schedule(t, "07:10", "08:00", 6)
	fx := newFixture(t, cfg, sim.Config{Servers: 10, Running: 2})
	fx.w.Inject(sim.Fault{Kind: sim.PollerDead})
	fx.run(55 * time.Minute)
	if n := fx.count(fleet.StateDown); n < 4 {
		t.Fatalf("%d servers are left out, want the 4 that the schedule asked for\n%s", n, fx.describe())
	}
	fx.until(time.Hour, "only the floor is on", func() bool {
		return fx.count(fleet.StateOff) == 8 && fx.count(fleet.StateActive) == 2
	})
	fx.unharmed()
}

func TestTheBalancerSkipsAServerUntilItTakesIt(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MinActiveShare = 2, 0
	fx := newFixture(t, cfg, sim.Config{Servers: 4, Running: 1})
	mend := fx.w.Inject(sim.Fault{Kind: sim.PollerDead})
	down := ""
	fx.until(time.Hour, "a server is left out", func() bool {
		for _, v := range fx.s.Status().Servers {
			if v.State == fleet.StateDown {
				down = v.Name
			}
		}
		return down != ""
	})
	if !fx.record(down).Skipped {
		t.Errorf("the record of %s does not have that the balancer skipped it", down)
	}
	mend()
	fx.until(time.Hour, "it is in service", func() bool { return fx.state(down) == fleet.StateActive })
	if fx.record(down).Skipped {
		t.Errorf("the record of %s still has that the balancer skipped it", down)
	}
}
