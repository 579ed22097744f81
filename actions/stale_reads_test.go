package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestServersThatWereNotReadForLongAreUncertainAndLeftAlone(t *testing.T) {
	for _, tt := range []struct {
		name      string
		fault     sim.Fault
		uncertain int // of six servers, three in each datacenter
	}{
		{"one datacenter", sim.Fault{Kind: sim.CloudAnswers, Op: "servers", Status: 503}, 3},
		{"the balancer", sim.Fault{Kind: sim.BalancerFail, Op: "servers"}, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fx := lowFixture(t, nil)
			fx.mute = true
			fx.run(2 * time.Minute)
			r, err := fx.w.Server("bbb-server1")
			must(t, err)
			if tt.fault.Kind == sim.CloudAnswers {
				tt.fault.On = r.Datacenter
			}
			lift := fx.w.Inject(tt.fault)
			fx.run(fx.cfg.Deadlines.Stale + time.Minute)
			high := fires(rules.ServerMemoryHigh, fx.w.Now(), fx.w.Now())
			high.Labels, high.Annotations = map[string]string{rules.LabelServerID: r.ID}, value(0.95)
			must(t, onlyErr(fx.s.Notify([]fleet.Alert{high})))
			fx.run(2 * time.Minute)
			if n := fx.count(fleet.StateUncertain); n != tt.uncertain {
				t.Errorf("%d servers uncertain, want %d\n%s", n, tt.uncertain, fx.describe())
			}
			if n := fx.steps(); n != 0 {
				t.Errorf("%d steps, want none\n%s", n, fx.describe())
			}
			lift()
			fx.run(time.Minute)
			if n := fx.w.Figures().Steps[fleet.Grow]; n != 1 {
				t.Errorf("grown %d times once it was read again, want once\n%s", n, fx.describe())
			}
		})
	}
}

func TestStartIsNotGivenUpWhileNothingTellsOfIt(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"its datacenter cannot be read": {Kind: sim.CloudAnswers, Op: "servers", Status: 503},
		"the cloud does not list it":    {Kind: sim.ListShrinks, Share: 0.34},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fixtureConfig()
			cfg.Capacity.MinActive = 6
			fx := newFixture(t, cfg, sim.Config{Servers: 6, Running: 5})
			r, err := fx.w.Server("bbb-server6")
			must(t, err)
			fx.until(5*time.Minute, "its start is asked for", func() bool { return fx.record(r.Name).Flight != nil })
			fault.On = r.Datacenter
			lift := fx.w.Inject(fault)
			fx.run(30 * time.Minute)
			lift()
			fx.until(3*time.Minute, "its start is done", func() bool { return fx.record(r.Name).Flight == nil })
			lines, err := fx.store.Journal(t.Context(), 100, r.Name)
			must(t, err)
			if len(lines) < 2 {
				t.Fatalf("%d lines in its journal, want that the start was begun and done", len(lines))
			}
			for _, e := range lines {
				if e.Outcome == fleet.Failed || e.Outcome == fleet.Abandoned {
					t.Errorf("%s %s: %s", e.Step.Kind, e.Outcome, e.Detail)
				}
			}
		})
	}
}

func TestServerThatIsNeitherOnNorOffIsUncertainAndLeftAlone(t *testing.T) {
	for _, name := range []string{"bbb-server1", "bbb-server6"} { // one that runs, and one that is off
		for _, alone := range []bool{false, true} {
			fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.NoBalancer, c.Capacity.MinActive = alone, 5 })
			r, err := fx.w.Server(name)
			must(t, err)
			fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
				return cloudListsAs{c, r.ID, func(s *fleet.CloudServer) { s.Power = fleet.PowerOther }}, b
			}
			fx.restart()
			fx.run(10 * time.Minute)
			if got := fx.state(name); got != fleet.StateUncertain {
				t.Errorf("%s is %s, want uncertain (without a balancer: %v)", name, got, alone)
			}
			if lines, err := fx.store.Journal(t.Context(), 10, name); err != nil || len(lines) > 0 {
				t.Errorf("journal of %s %+v, %v; want nothing (without a balancer: %v)", name, lines, err, alone)
			}
		}
	}
}
