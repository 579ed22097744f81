package actions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestShortListFreezesWhileAnotherDatacenterCannotBeRead(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 4
	fx := newFixture(t, cfg, sim.Config{Servers: 12, Running: 6})
	fx.run(2 * time.Minute)
	fx.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "servers", On: fx.cfg.Fleet.Datacenters[0], Status: 503})
	fx.run(cfg.Deadlines.Stale + time.Minute)
	fx.w.Inject(sim.Fault{Kind: sim.ListShrinks, On: fx.cfg.Fleet.Datacenters[1], Share: 1})
	fx.run(time.Minute)
	if got := fx.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0].Text, "frozen") {
		t.Errorf("blocked %q, want frozen", got)
	}
}

func TestDatacenterTakenOutOfTheConfigurationFreezesNothing(t *testing.T) {
	cfg := fixtureConfig()
	fx := newFixture(t, cfg, sim.Config{Servers: 12, Running: 6})
	fx.run(2 * time.Minute)
	fx.cfg.Fleet.Datacenters = fx.cfg.Fleet.Datacenters[:1]
	must(t, fx.s.Reload(fx.cfg))
	fx.run(time.Minute)
	if got := fx.s.Status().Blocked; len(got) != 0 {
		t.Errorf("blocked %q, want nothing", got)
	}
	if n := len(fx.s.Status().Servers); n != 6 {
		t.Errorf("%d servers, want the 6 of the other datacenter", n)
	}
}

func TestServerMissingFromTheListCountsAsOnAcrossARestart(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.Ceiling = 4, 4
	fx := newFixture(t, cfg, sim.Config{Servers: 5, Running: 4})
	check := fx.checkPromises()
	fx.run(2 * time.Minute)
	r, err := fx.w.Server("bbb-server4")
	must(t, err)
	fx.w.Inject(sim.Fault{Kind: sim.ListShrinks, On: r.Datacenter, Share: 0.5})
	fx.run(2 * time.Minute)
	fx.restart()
	fx.run(30 * time.Minute)
	if len(check.broken) > 0 {
		t.Errorf("broken promises %q\n%s", check.broken, fx.describe())
	}
}

func TestEverythingFreezesWhileTheListIsSuddenlyShort(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 6
	fx := newFixture(t, cfg, sim.Config{Servers: 12, Running: 6})
	fx.run(5 * time.Minute)
	before := fx.steps()
	lift := fx.w.Inject(sim.Fault{Kind: sim.ListShrinks, Share: 0.5})
	fx.run(40 * time.Minute)
	if got := fx.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0].Text, "frozen") {
		t.Errorf("blocked %q, want frozen", got)
	}
	if n := fx.steps() - before; n != 0 {
		t.Errorf("%d steps while frozen, want none\n%s", n, fx.describe())
	}
	lift()
	fx.run(time.Minute)
	if got := fx.s.Status().Blocked; len(got) != 0 {
		t.Errorf("still blocked: %q", got)
	}
}

func TestServerThatTheCloudListsNoMoreIsUncertainAndLeftAlone(t *testing.T) {
	fx := lowFixture(t, nil)
	fx.mute = true
	fx.run(2 * time.Minute)
	fx.w.Inject(sim.Fault{Kind: sim.ListShrinks, On: fx.cfg.Fleet.Datacenters[1], Share: 0.34})
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{fx.lowNow()})))
	fx.run(30 * time.Minute)
	var missing []string
	for _, v := range fx.s.Status().Servers {
		if v.State == fleet.StateUncertain {
			missing = append(missing, v.Name)
		}
	}
	if len(missing) != 1 || !strings.Contains(fx.reason(missing[0]), "has not listed it") {
		t.Fatalf("uncertain are %q, want the one that is not listed\n%s", missing, fx.describe())
	}
	if lines, err := fx.store.Journal(t.Context(), 10, missing[0]); err != nil || len(lines) > 0 {
		t.Errorf("journal of %s: %+v, %v; want nothing", missing[0], lines, err)
	}
}
