package actions_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
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
		must(t, onlyErr(s.Notify([]fleet.Alert{firing(rules.FleetWorkloadLow, nil, idle)})))
		time.Sleep(4 * time.Minute)
		if st := s.Status(); st.Counts[fleet.StateActive] == 4 {
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
	for range 10 { // all exporters are gone, back, gone …
		lift := fx.w.Inject(sim.Fault{Kind: sim.ExporterGone})
		fx.run(4 * time.Minute)
		lift()
		fx.run(4 * time.Minute)
	}
	if n := fx.count(fleet.StateActive); n < 10 {
		t.Errorf("%d in service after the storm, want the floor of 10 at least", n)
	}
	// 80 min allow 16 cooldowns with at most 4 drains each, enough to reach the floor.
	if n := fx.steps() - before; n > 3*10 {
		t.Errorf("%d steps, want at most cordon, disable and stop of ten servers\n%s", n, fx.describe())
	}
	fx.unharmed()
}

func TestNothingIsTakenWhileAReadFails(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"of a datacenter": {Kind: sim.CloudAnswers, Op: "servers", Status: 503},
		"of the balancer": {Kind: sim.BalancerFail, Op: "servers"},
	} {
		t.Run(name, func(t *testing.T) {
			fx := lowFixture(t, nil)
			fx.mute = true
			fx.run(2 * time.Minute)
			if fault.Kind == sim.CloudAnswers {
				fault.On = fx.cfg.Fleet.Datacenters[0]
			}
			lift := fx.w.Inject(fault)
			must(t, onlyErr(fx.s.Notify([]fleet.Alert{fx.lowNow()})))
			fx.run(fx.cfg.Deadlines.Stale - time.Minute) // the last read is still used
			if got := fx.s.Status().Brakes; len(got) == 0 || !strings.Contains(got[0].Text, "cannot be read") {
				t.Errorf("brakes %q, want the read named", got)
			}
			if n := fx.steps(); n != 0 {
				t.Errorf("%d steps, want none\n%s", n, fx.describe())
			}
			lift()
			fx.run(30 * time.Second)
			if n := fx.count(fleet.StateDraining, fleet.StateEmpty); n == 0 {
				t.Errorf("nothing drains once it is read again\n%s", fx.describe())
			}
		})
	}
}

func TestNothingIsTakenBeforeOneWholeReadSinceTheStart(t *testing.T) {
	fx := lowFixture(t, nil)
	fx.mute = true
	fx.run(2 * time.Minute)
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{fx.lowNow()})))
	fx.restart()
	for cycle, want := range []int{0, 1} {
		must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
		if n := fx.steps(); n != want {
			t.Errorf("%d steps after cycle %d, want %d\n%s", n, cycle+1, want, fx.describe())
		}
	}
}
