package actions_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestListsSlowerThanPatienceDoNotHoldScaleInBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive = 2
		w := newBubbleSim(sim.Config{Servers: 4, Running: 4, Datacenters: []string{dcA}})
		s := runOver(t, cfg, w, counted{Cloud: w.Cloud(), cycles: &atomic.Int32{}, slow: 2 * cfg.Deadlines.Patience})
		time.Sleep(2 * time.Minute)
		must(t, s.Notify([]actions.Alert{firing(rules.FleetWorkloadLow, nil, idle)}))
		time.Sleep(4 * time.Minute)
		if st := s.Status(); st.Counts[actions.StateActive] == 4 {
			t.Errorf("nothing was drained: brakes %q", st.Brakes)
		}
	})
}

func TestStormOfAlertsCausesNoMoreThanTheBoundedSteps(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.ScaleIn.MaxShare = 10, 0.2
	fx := newFixture(t, cfg, sim.Config{Servers: 20, Running: 20})
	fx.run(3 * time.Minute)
	before := fx.steps()
	for range 10 { // all exporters gone, back, gone …
		lift := fx.w.Inject(sim.Fault{Kind: sim.ExporterGone})
		fx.run(4 * time.Minute)
		lift()
		fx.run(4 * time.Minute)
	}
	if n := fx.count(actions.StateActive); n < 10 {
		t.Errorf("%d in service after the storm, want the floor of 10 at least", n)
	}
	// Eighty minutes allow 16 cooldowns of at most 4 drains, down to the floor.
	if n := fx.steps() - before; n > 3*10 {
		t.Errorf("%d steps, want at most cordon, disable and stop of ten servers\n%s", n, fx.describe())
	}
	fx.unharmed()
}
