package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestServerWhoseStopComesLateIsNotTakenBackUntilThen(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.Capacity.MinActive = 3 })
	check := fx.checkPromises()
	name := drainOne(t, fx)
	fx.w.Inject(sim.Fault{Kind: sim.BusyForever, On: name, For: 6 * time.Hour})
	fx.until(5*time.Hour, "its stop is given up", func() bool {
		lines, err := fx.store.Journal(t.Context(), 100, name)
		must(t, err)
		return len(lines) > 0 && lines[0].Step.Kind == fleet.Stop && lines[0].Outcome == fleet.Failed
	})
	fx.cfg.Capacity.MinActive = 6
	must(t, fx.s.Reload(fx.cfg))
	for range 12 {
		fx.run(30 * time.Minute)
		fx.meetings(6, 25*time.Minute)
	}
	fx.unharmed()
	if len(check.broken) > 0 {
		t.Errorf("broken promises %q\n%s", check.broken, fx.describe())
	}
}

// drainOne runs the fleet until a server with a meeting drains, and returns its name.
func drainOne(t *testing.T, fx *fixture) string {
	t.Helper()
	fx.run(time.Minute)
	fx.meetings(fx.count(fleet.StateActive), 90*time.Minute)
	fx.until(30*time.Minute, "a server drains", func() bool { return fx.count(fleet.StateDraining) > 0 })
	for _, v := range fx.s.Status().Servers {
		if v.State == fleet.StateDraining {
			return v.Name
		}
	}
	return ""
}

func TestDrainedServerIsStoppedOnlyWhenItsLastMeetingIsOver(t *testing.T) {
	fx := lowFixture(t, nil)
	name := drainOne(t, fx)
	fx.until(3*time.Hour, "stopped", func() bool { return fx.state(name) == fleet.StateOff })
	fx.unharmed()
}

func TestDrainingServerIsReclaimedBeforeAnyStart(t *testing.T) {
	fx := lowFixture(t, nil)
	name := drainOne(t, fx)
	starts := fx.w.Figures().Steps[fleet.Start]
	fx.cfg.Capacity.MinActive = 4
	if err := fx.s.Reload(fx.cfg); err != nil {
		t.Fatal(err)
	}
	fx.run(time.Minute)
	if got := fx.state(name); got != fleet.StateActive {
		t.Errorf("%s is %s, want active\n%s", name, got, fx.describe())
	}
	if got := fx.w.Figures().Steps[fleet.Start]; got != starts {
		t.Errorf("%d servers started, want none", got-starts)
	}
}

func TestEmptyServerWaitsForItsRecordings(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.ScaleIn.RecordingsDeadline = time.Hour })
	name := drainOne(t, fx)
	stopIdle(fx)
	fx.until(3*time.Hour, "empty", func() bool { return fx.state(name) == fleet.StateEmpty })
	fx.run(50 * time.Minute)
	if got := fx.state(name); got != fleet.StateEmpty {
		t.Fatalf("state %s before the deadline, want empty\n%s", got, fx.describe())
	}
	fx.until(30*time.Minute, "stopped after the deadline", func() bool { return fx.state(name) == fleet.StateOff })
}

// stopIdle removes the meaning of the idle alert, as if it never fired.
func stopIdle(fx *fixture) {
	asks := rules.Meanings()
	delete(asks, rules.ServerIdle)
	fx.cfg.Asks = asks
	must(fx.t, fx.s.Reload(fx.cfg))
}

func TestDrainingServerThatGrowsKeepsItsConfirmedCordon(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.Cooldowns.In = 12 * time.Hour })
	name := drainOne(t, fx)
	fx.until(10*time.Minute, "its cordon is confirmed", func() bool { return fx.record(name).Confirmed })
	before := fx.record(name)
	r, err := fx.w.Server(name)
	must(t, err)
	high := fires(rules.ServerMemoryHigh, fx.w.Now(), fx.w.Now())
	high.Labels, high.Annotations = map[string]string{rules.LabelServerID: r.ID}, value(0.95)
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{high})))
	fx.until(10*time.Minute, "it has grown", func() bool { return fx.record(name).Size != before.Size })
	if got := fx.record(name); !got.Confirmed || !got.At.Equal(before.At) || got.Least != before.Least {
		t.Errorf("the record is %+v, want the drain as before: %+v", got, before)
	}
}
