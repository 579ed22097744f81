package actions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestShortListFreezesWhileAnotherDatacenterCannotBeRead(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 4
	sc := newSchool(t, cfg, sim.Config{Servers: 12, Running: 6})
	sc.run(2 * time.Minute)
	sc.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "servers", On: sc.cfg.Datacenters[0], Status: 503})
	sc.run(cfg.Deadlines.Stale + time.Minute)
	sc.w.Inject(sim.Fault{Kind: sim.ListShrinks, On: sc.cfg.Datacenters[1], Share: 1})
	sc.run(time.Minute)
	if got := sc.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0], "frozen") {
		t.Errorf("blocked %q, want frozen", got)
	}
}

func TestDatacenterTakenOutOfTheConfigurationFreezesNothing(t *testing.T) {
	cfg := schoolConfig()
	sc := newSchool(t, cfg, sim.Config{Servers: 12, Running: 6})
	sc.run(2 * time.Minute)
	sc.cfg.Datacenters = sc.cfg.Datacenters[:1]
	must(t, sc.s.Reload(sc.cfg))
	sc.run(time.Minute)
	if got := sc.s.Status().Blocked; len(got) != 0 {
		t.Errorf("blocked %q, want nothing", got)
	}
	if n := len(sc.s.Status().Servers); n != 6 {
		t.Errorf("%d servers, want the 6 of the other datacenter", n)
	}
}

func TestServerMissingFromTheListCountsAsOnAcrossARestart(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.Capacity.Ceiling = 4, 4
	sc := newSchool(t, cfg, sim.Config{Servers: 5, Running: 4})
	g := sc.guard()
	sc.run(2 * time.Minute)
	r, err := sc.w.Server("bbb-server4")
	must(t, err)
	sc.w.Inject(sim.Fault{Kind: sim.ListShrinks, On: r.Datacenter, Share: 0.5})
	sc.run(2 * time.Minute)
	sc.restart()
	sc.run(30 * time.Minute)
	if len(g.broken) > 0 {
		t.Errorf("broken promises %q\n%s", g.broken, sc.describe())
	}
}

func TestEverythingFreezesWhileTheListIsSuddenlyShort(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 6
	sc := newSchool(t, cfg, sim.Config{Servers: 12, Running: 6})
	sc.run(5 * time.Minute)
	before := sc.steps()
	lift := sc.w.Inject(sim.Fault{Kind: sim.ListShrinks, Share: 0.5})
	sc.run(40 * time.Minute)
	if got := sc.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0], "frozen") {
		t.Errorf("blocked %q, want frozen", got)
	}
	if n := sc.steps() - before; n != 0 {
		t.Errorf("%d steps while frozen, want none\n%s", n, sc.describe())
	}
	lift()
	sc.run(time.Minute)
	if got := sc.s.Status().Blocked; len(got) != 0 {
		t.Errorf("still blocked: %q", got)
	}
}
