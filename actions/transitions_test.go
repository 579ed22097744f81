package actions_test

import (
	"context"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// slowBalancer takes a while for every write.
type slowBalancer struct {
	actions.Balancer
	w     *sim.World
	takes time.Duration
}

func (b slowBalancer) SetState(ctx context.Context, id string, to actions.BalancerState) error {
	b.w.Run(b.takes)
	return b.Balancer.SetState(ctx, id, to)
}

func TestPollIntervalIsCountedFromTheEndOfAWrite(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 1
	sc := newSchool(t, cfg, sim.Config{Servers: 1, Running: 0})
	sc.watch = func(c actions.Cloud, b actions.Balancer) (actions.Cloud, actions.Balancer) {
		return c, slowBalancer{b, sc.w, 25 * time.Second}
	}
	sc.restart()
	var wrote time.Time
	sc.until(15*time.Minute, "enabled", func() bool {
		r := sc.w.Servers()[0]
		m, err := sc.store.Load()
		must(t, err)
		wrote = m.Records[r.ID].WroteAt
		return r.State == actions.Enabled
	})
	if now := sc.w.Now(); !wrote.Equal(now) {
		t.Errorf("written at %s, recorded as %s", now, wrote)
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
