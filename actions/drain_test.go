package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestServerWhoseStopComesLateIsNotTakenBackUntilThen(t *testing.T) {
	sc := lowSchool(t, func(c *actions.Config, _ *sim.Config) { c.Capacity.MinActive = 3 })
	g := sc.guard()
	name := drainOne(t, sc)
	sc.w.Inject(sim.Fault{Kind: sim.BusyForever, On: name, For: 6 * time.Hour})
	sc.until(5*time.Hour, "its stop is given up", func() bool {
		lines, err := sc.store.Journal(100, name)
		must(t, err)
		return len(lines) > 0 && lines[0].Step.Kind == actions.Stop && lines[0].Outcome == actions.Failed
	})
	sc.cfg.Capacity.MinActive = 6
	must(t, sc.s.Reload(sc.cfg))
	for range 12 {
		sc.run(30 * time.Minute)
		sc.lessons(6, 25*time.Minute)
	}
	sc.unharmed()
	if len(g.broken) > 0 {
		t.Errorf("broken promises %q\n%s", g.broken, sc.describe())
	}
}

// drainOne brings the fleet to a state in which one server with a meeting
// drains, and returns its name.
func drainOne(t *testing.T, sc *school) string {
	t.Helper()
	sc.run(time.Minute)
	sc.lessons(sc.count(actions.StateActive), 90*time.Minute)
	sc.until(30*time.Minute, "a server drains", func() bool { return sc.count(actions.StateDraining) > 0 })
	for _, v := range sc.s.Status().Servers {
		if v.State == actions.StateDraining {
			return v.Name
		}
	}
	return ""
}

func TestDrainedServerIsStoppedOnlyWhenItsLastMeetingIsOver(t *testing.T) {
	sc := lowSchool(t, nil)
	name := drainOne(t, sc)
	sc.until(3*time.Hour, "stopped", func() bool { return sc.state(name) == actions.StateOff })
	sc.unharmed()
}

func TestDrainingServerIsReclaimedBeforeAnyStart(t *testing.T) {
	sc := lowSchool(t, nil)
	name := drainOne(t, sc)
	starts := sc.w.Figures().Steps[actions.Start]
	sc.cfg.Capacity.MinActive = 4
	if err := sc.s.Reload(sc.cfg); err != nil {
		t.Fatal(err)
	}
	sc.run(time.Minute)
	if got := sc.state(name); got != actions.StateActive {
		t.Errorf("%s is %s, want active\n%s", name, got, sc.describe())
	}
	if got := sc.w.Figures().Steps[actions.Start]; got != starts {
		t.Errorf("%d servers started, want none", got-starts)
	}
}

func TestEmptyServerWaitsForItsRecordings(t *testing.T) {
	sc := lowSchool(t, func(c *actions.Config, _ *sim.Config) { c.ScaleIn.RecordingsDeadline = time.Hour })
	name := drainOne(t, sc)
	stopIdle(sc)
	sc.until(3*time.Hour, "empty", func() bool { return sc.state(name) == actions.StateEmpty })
	sc.run(50 * time.Minute)
	if got := sc.state(name); got != actions.StateEmpty {
		t.Fatalf("state %s before the deadline, want empty\n%s", got, sc.describe())
	}
	sc.until(30*time.Minute, "stopped after the deadline", func() bool { return sc.state(name) == actions.StateOff })
}

// stopIdle has the idle alert ask for nothing, as if it never fired.
func stopIdle(sc *school) {
	asks := rules.Meanings()
	delete(asks, rules.ServerIdle)
	sc.cfg.Asks = asks
	must(sc.t, sc.s.Reload(sc.cfg))
}
