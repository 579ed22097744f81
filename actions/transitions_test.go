package actions_test

import (
	"context"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// slowBalancer takes a while for every write.
type slowBalancer struct {
	fleet.Balancer
	w     *sim.World
	takes time.Duration
}

func (b slowBalancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	b.w.Run(b.takes)
	return b.Balancer.SetState(ctx, id, to)
}

func TestPollIntervalIsCountedFromTheEndOfAWrite(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 1, Running: 0})
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return c, slowBalancer{b, fx.w, 25 * time.Second}
	}
	fx.restart()
	var wrote time.Time
	fx.until(15*time.Minute, "enabled", func() bool {
		r := fx.w.Servers()[0]
		m, err := fx.store.Load()
		must(t, err)
		wrote = m.Records[r.ID].WroteAt
		return r.State == fleet.Enabled
	})
	if now := fx.w.Now(); !wrote.Equal(now) {
		t.Errorf("written at %s, recorded as %s", now, wrote)
	}
}

func TestCordonThatLostItsRaceIsRepaired(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.Cooldowns.In = 12 * time.Hour })
	fx.w.Inject(sim.Fault{Kind: sim.CordonRaces, Times: 1})
	name := drainOne(t, fx)
	takes := func() bool {
		r, err := fx.w.Server(name)
		must(t, err)
		return r.Takes
	}
	if !takes() {
		t.Fatalf("%s takes no meetings: the race did not happen", name)
	}
	fx.until(30*time.Minute, "takes no meetings any more", func() bool {
		if fx.w.Now().Second() == 0 {
			fx.meetings(2, time.Hour)
		}
		return !takes()
	})
	fx.until(3*time.Hour, "stopped", func() bool { return fx.state(name) == fleet.StateOff })
	fx.unharmed()
}

func TestEnableThatThePollerOverwroteIsRepaired(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 3
	fx := newFixture(t, cfg, sim.Config{Servers: 3, Running: 2, Seed: 3})
	fx.w.Inject(sim.Fault{Kind: sim.EnableRaces, Times: 2})
	fx.until(20*time.Minute, "three in service", func() bool { return fx.count(fleet.StateActive) == 3 })
	fx.run(5 * time.Minute)
	if n := fx.count(fleet.StateActive); n != 3 {
		t.Errorf("%d in service, want 3\n%s", n, fx.describe())
	}
}

func TestStateOfTheBalancerIsConfirmedOnlyAfterItsPollInterval(t *testing.T) {
	fx := lowFixture(t, nil)
	name := drainOne(t, fx)
	wrote := fx.record(name)
	if wrote.Wrote != fleet.Cordoned || wrote.Confirmed {
		t.Fatalf("just cordoned, the record says %+v", wrote)
	}
	fx.until(10*time.Minute, "confirmed", func() bool { return fx.record(name).Confirmed })
	if after := fx.w.Now().Sub(wrote.WroteAt); after < fx.cfg.PollInterval {
		t.Errorf("confirmed after %s, want at least the poll interval of %s", after, fx.cfg.PollInterval)
	}
}

func TestServerThatDoesNotComeIntoServiceInTimeIsReplaced(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 2, Running: 0})
	fx.w.Inject(sim.Fault{Kind: sim.StartHangs, On: "bbb-server1"})
	fx.until(30*time.Minute, "one is down", func() bool { return fx.count(fleet.StateDown) == 1 })
	for _, v := range fx.s.Status().Servers {
		if warm := fx.w.Now().Sub(fx.record(v.Name).At); v.State == fleet.StateDown && warm <= cfg.Deadlines.Warm {
			t.Errorf("%s is down after %s, want more than %s", v.Name, warm, cfg.Deadlines.Warm)
		}
	}
	fx.until(15*time.Minute, "the other is in service", func() bool { return fx.count(fleet.StateActive) == 1 })
}
