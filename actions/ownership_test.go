package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestReleaseDuringALookIsNotLost(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 3
	sc := newSchool(t, cfg, sim.Config{Servers: 3, Running: 3})
	release := false
	sc.watch = func(c actions.Cloud, b actions.Balancer) (actions.Cloud, actions.Balancer) {
		return hooked{Cloud: c, contract: func() {
			if release {
				release = false
				must(t, sc.s.Release("bbb-server3"))
			}
		}}, b
	}
	sc.restart()
	sc.run(3 * time.Minute)
	must(t, sc.w.Operator().SetState("bbb-server3", actions.Disabled))
	sc.run(2 * time.Minute)
	if got := sc.state("bbb-server3"); got != actions.StateManual {
		t.Fatalf("state %s, want manual", got)
	}
	release = true
	sc.until(10*time.Minute, "in service again", func() bool { return sc.state("bbb-server3") == actions.StateActive })
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
