package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

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

// lowSchool has a fleet of four running servers of which two suffice.
func lowSchool(t *testing.T, change func(*actions.Config, *sim.Config)) *school {
	t.Helper()
	cfg, world := schoolConfig(), sim.Config{Servers: 6, Running: 4, Seed: 7}
	cfg.ScaleIn.MaxShare = 0.25
	cfg.Cooldowns.In = 10 * time.Minute
	if change != nil {
		change(&cfg, &world)
	}
	return newSchool(t, cfg, world)
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

func TestServerThatPersonCordonedIsLeftAloneUntilEnabledAgain(t *testing.T) {
	sc := lowSchool(t, nil)
	sc.run(2 * time.Minute)
	must(t, sc.w.Operator().SetState("bbb-server4", actions.Cordoned))
	sc.run(2 * time.Hour)
	if got := sc.state("bbb-server4"); got != actions.StateManual {
		t.Fatalf("state %s, want manual\n%s", got, sc.describe())
	}
	if r, _ := sc.w.Server("bbb-server4"); r.Power != actions.PowerOn {
		t.Errorf("it was stopped")
	}
	must(t, sc.w.Operator().SetState("bbb-server4", actions.Enabled))
	sc.run(30 * time.Second)
	if got := sc.state("bbb-server4"); got == actions.StateManual {
		t.Errorf("still manual after it was enabled")
	}
}

func TestServerThatPersonEnabledWhileItDrainedStaysInService(t *testing.T) {
	sc := lowSchool(t, func(c *actions.Config, _ *sim.Config) { c.Cooldowns.In = 12 * time.Hour })
	name := drainOne(t, sc)
	sc.run(3 * time.Minute) // the cordon is confirmed
	must(t, sc.w.Operator().SetState(name, actions.Enabled))
	sc.run(10 * time.Minute)
	if got := sc.state(name); got != actions.StateActive {
		t.Errorf("state %s, want active\n%s", got, sc.describe())
	}
}

func TestServerThatPersonStoppedIsNotStarted(t *testing.T) {
	sc := lowSchool(t, func(c *actions.Config, w *sim.Config) { c.Capacity.MinActive = 5; w.Servers = 5; w.Running = 5 })
	sc.run(2 * time.Minute)
	must(t, sc.w.Operator().SetState("bbb-server2", actions.Disabled))
	must(t, sc.w.Operator().Stop("bbb-server2"))
	sc.run(time.Hour)
	if got := sc.state("bbb-server2"); got != actions.StateManual {
		t.Fatalf("state %s, want manual\n%s", got, sc.describe())
	}
	must(t, sc.s.Release("bbb-server2"))
	sc.until(15*time.Minute, "started after its release", func() bool { return sc.state("bbb-server2") == actions.StateActive })
}

func TestServerThatPersonResizedIsNotResizedUntilReleased(t *testing.T) {
	sc := lowSchool(t, nil)
	sc.run(2 * time.Minute)
	size := actions.Size{Cores: 3, RAM: 10240}
	must(t, sc.w.Operator().Resize("bbb-server1", size))
	sc.run(3 * time.Hour)
	if r, _ := sc.w.Server("bbb-server1"); r.Size != size {
		t.Errorf("size %v, want %v left\n%s", r.Size, size, sc.describe())
	}
}

func TestHangingServerIsTakenOutAndComesBack(t *testing.T) {
	sc := lowSchool(t, func(c *actions.Config, w *sim.Config) { c.Capacity.MinActive = 4 })
	sc.run(2 * time.Minute)
	lift := sc.w.Inject(sim.Fault{Kind: sim.BBBHangs, On: "bbb-server1"})
	gone := sc.w.Inject(sim.Fault{Kind: sim.ExporterGone, On: "bbb-server1"})
	sc.until(10*time.Minute, "taken out", func() bool { return sc.state("bbb-server1") == actions.StateDown })
	if r, _ := sc.w.Server("bbb-server1"); r.State == actions.Enabled {
		t.Errorf("still enabled in the balancer")
	}
	sc.until(10*time.Minute, "replaced", func() bool { return sc.count(actions.StateActive) == 4 })
	lift()
	gone()
	sc.until(10*time.Minute, "back", func() bool { return sc.state("bbb-server1") == actions.StateActive })
}

func TestServerWhoseExporterAloneIsGoneStaysInService(t *testing.T) {
	sc := lowSchool(t, func(c *actions.Config, w *sim.Config) { c.Capacity.MinActive = 4 })
	sc.run(2 * time.Minute)
	sc.w.Inject(sim.Fault{Kind: sim.ExporterGone, On: "bbb-server1"})
	sc.run(time.Hour)
	if got := sc.state("bbb-server1"); got != actions.StateActive {
		t.Errorf("state %s, want active\n%s", got, sc.describe())
	}
}

func TestCordonThatLostItsRaceIsRepaired(t *testing.T) {
	sc := lowSchool(t, func(c *actions.Config, _ *sim.Config) { c.Cooldowns.In = 12 * time.Hour })
	sc.w.Inject(sim.Fault{Kind: sim.CordonRaces, Times: 1})
	name := drainOne(t, sc)
	takes := func() bool {
		r, err := sc.w.Server(name)
		must(t, err)
		return r.Takes
	}
	if !takes() {
		t.Fatalf("%s takes no meetings: the race did not happen", name)
	}
	sc.until(30*time.Minute, "takes no meetings any more", func() bool {
		if sc.w.Now().Second() == 0 {
			sc.lessons(2, time.Hour)
		}
		return !takes()
	})
	sc.until(3*time.Hour, "stopped", func() bool { return sc.state(name) == actions.StateOff })
	sc.unharmed()
}

func TestEnableThatThePollerOverwroteIsRepaired(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 3
	sc := newSchool(t, cfg, sim.Config{Servers: 3, Running: 2, Seed: 3})
	sc.w.Inject(sim.Fault{Kind: sim.EnableRaces, Times: 2})
	sc.until(20*time.Minute, "three in service", func() bool { return sc.count(actions.StateActive) == 3 })
	sc.run(5 * time.Minute)
	if n := sc.count(actions.StateActive); n != 3 {
		t.Errorf("%d in service, want 3\n%s", n, sc.describe())
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

func must(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestExcludedServersAreLeftAlone(t *testing.T) {
	for _, exclude := range []string{"bbb-server[34]", "bbb-server4", "id"} {
		sc := lowSchool(t, func(c *actions.Config, _ *sim.Config) { c.Exclude = []string{exclude} })
		r, err := sc.w.Server("bbb-server4")
		must(t, err)
		if exclude == "id" {
			sc.cfg.Exclude = []string{r.ID}
			must(t, sc.s.Reload(sc.cfg))
		}
		sc.run(2 * time.Hour)
		if got := sc.state("bbb-server4"); got != actions.StateExcluded {
			t.Errorf("exclude %q: state %s, want excluded", exclude, got)
		}
		if r, _ := sc.w.Server("bbb-server4"); r.State != actions.Enabled || r.Power != actions.PowerOn {
			t.Errorf("exclude %q: it is %s and %s now", exclude, r.State, r.Power)
		}
	}
}
