package actions_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestReleaseDuringACycleIsNotLost(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 3
	fx := newFixture(t, cfg, sim.Config{Servers: 3, Running: 3})
	release := false
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return hooked{Cloud: c, contract: func() {
			if release {
				release = false
				must(t, fx.s.Release("bbb-server3"))
			}
		}}, b
	}
	fx.restart()
	fx.run(3 * time.Minute)
	must(t, fx.w.Operator().SetState("bbb-server3", fleet.Disabled))
	fx.run(2 * time.Minute)
	if got := fx.state("bbb-server3"); got != fleet.StateManual {
		t.Fatalf("state %s, want manual", got)
	}
	release = true
	fx.until(10*time.Minute, "in service again", func() bool { return fx.state("bbb-server3") == fleet.StateActive })
}

func TestServerThatPersonCordonedIsLeftAloneUntilEnabledAgain(t *testing.T) {
	fx := lowFixture(t, nil)
	fx.run(2 * time.Minute)
	must(t, fx.w.Operator().SetState("bbb-server4", fleet.Cordoned))
	fx.run(2 * time.Hour)
	if got := fx.state("bbb-server4"); got != fleet.StateManual {
		t.Fatalf("state %s, want manual\n%s", got, fx.describe())
	}
	if r, _ := fx.w.Server("bbb-server4"); r.Power != fleet.PowerOn {
		t.Errorf("it was stopped")
	}
	must(t, fx.w.Operator().SetState("bbb-server4", fleet.Enabled))
	fx.run(30 * time.Second)
	if got := fx.state("bbb-server4"); got == fleet.StateManual {
		t.Errorf("still manual after it was enabled")
	}
}

func TestServerThatPersonEnabledWhileItDrainedStaysInService(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.Cooldowns.In = 12 * time.Hour })
	name := drainOne(t, fx)
	fx.run(3 * time.Minute) // the cordon is confirmed
	must(t, fx.w.Operator().SetState(name, fleet.Enabled))
	fx.run(10 * time.Minute)
	if got := fx.state(name); got != fleet.StateActive {
		t.Errorf("state %s, want active\n%s", got, fx.describe())
	}
}

func TestServerThatPersonStoppedIsNotStarted(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, w *sim.Config) { c.Capacity.MinActive = 5; w.Servers = 5; w.Running = 5 })
	fx.run(2 * time.Minute)
	must(t, fx.w.Operator().SetState("bbb-server2", fleet.Disabled))
	must(t, fx.w.Operator().Stop("bbb-server2"))
	fx.run(time.Hour)
	if got := fx.state("bbb-server2"); got != fleet.StateManual {
		t.Fatalf("state %s, want manual\n%s", got, fx.describe())
	}
	must(t, fx.s.Release("bbb-server2"))
	fx.until(15*time.Minute, "started after its release", func() bool { return fx.state("bbb-server2") == fleet.StateActive })
}

func TestReleaseOfAPatternReturnsEveryServerThatWasChanged(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, w *sim.Config) { c.Capacity.MinActive = 5; w.Servers = 5; w.Running = 5 })
	fx.run(2 * time.Minute)
	for _, name := range []string{"bbb-server2", "bbb-server3"} {
		must(t, fx.w.Operator().SetState(name, fleet.Disabled))
		must(t, fx.w.Operator().Stop(name))
	}
	must(t, fx.w.Operator().SetState("bbb-server4", fleet.Cordoned))
	fx.run(10 * time.Minute)
	if err := fx.s.Release("bbb-x*"); !errors.Is(err, fleet.ErrGone) {
		t.Errorf("a pattern that matches no server: %v, want %v", err, fleet.ErrGone)
	}
	must(t, fx.s.Release("bbb-server[34]"))
	fx.until(15*time.Minute, "two in service after their release", func() bool { return fx.count(fleet.StateActive) == 4 })
	if got := fx.state("bbb-server2"); got != fleet.StateManual {
		t.Errorf("the other is %s, want manual", got)
	}
	must(t, fx.s.Release("*"))
	fx.until(15*time.Minute, "all in service", func() bool { return fx.count(fleet.StateActive) == 5 })
}

func TestReleaseBeforeTheFleetIsReadIsToBeRepeated(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 2, Running: 2})
	fx.run(time.Minute)
	fx.restart() // or another daemon takes over
	if err := fx.s.Release("bbb-server1"); err == nil || errors.Is(err, fleet.ErrGone) {
		t.Errorf("Release() = %v before the first cycle, want an error that does not say that the server is gone", err)
	}
	fx.run(time.Minute)
	must(t, fx.s.Release("bbb-server1"))
	if err := fx.s.Release("bbb-server9"); !errors.Is(err, fleet.ErrGone) {
		t.Errorf("Release() = %v of a server that does not exist, want ErrGone", err)
	}
}

func TestServerThatPersonResizedIsNotResizedUntilReleased(t *testing.T) {
	fx := lowFixture(t, nil)
	fx.run(2 * time.Minute)
	size := fleet.Size{Cores: 3, RAM: 10240}
	must(t, fx.w.Operator().Resize("bbb-server1", size))
	fx.run(3 * time.Hour)
	if r, _ := fx.w.Server("bbb-server1"); r.Size != size {
		t.Errorf("size %v, want %v left\n%s", r.Size, size, fx.describe())
	}
}

func TestExcludedServersAreLeftAlone(t *testing.T) {
	for _, exclude := range []string{"bbb-server[34]", "bbb-server4", "id"} {
		fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.Fleet.Exclude = []string{exclude} })
		r, err := fx.w.Server("bbb-server4")
		must(t, err)
		if exclude == "id" {
			fx.cfg.Fleet.Exclude = []string{r.ID}
			must(t, fx.s.Reload(fx.cfg))
		}
		fx.run(2 * time.Hour)
		if got := fx.state("bbb-server4"); got != fleet.StateExcluded {
			t.Errorf("exclude %q: state %s, want excluded", exclude, got)
		}
		if r, _ := fx.w.Server("bbb-server4"); r.State != fleet.Enabled || r.Power != fleet.PowerOn {
			t.Errorf("exclude %q: it is %s and %s now", exclude, r.State, r.Power)
		}
	}
}

func TestServerThatRunsAndIsAPersonsIsNotChanged(t *testing.T) {
	fx := lowFixture(t, nil)
	const name = "bbb-server1"
	r, err := fx.w.Server(name)
	must(t, err)
	high := fires(rules.ServerMemoryHigh, fx.w.Now(), fx.w.Now())
	high.Labels, high.Annotations = map[string]string{rules.LabelServerID: r.ID}, value(0.95)
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{high})))
	for _, manual := range []string{"resized by a person", ""} {
		fx.cycleWith(name, fleet.Record{Manual: manual}, nil, func(b *fleet.BalancerServer) {
			b.State, b.Online, b.LoadKnown, b.Load = fleet.Enabled, true, true, 5
		})
		if grown := fx.record(name).Flight != nil; grown != (manual == "") {
			t.Errorf("with %q its growth is asked for: %v", manual, grown)
		}
	}
}
