package actions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestServersThatAreNotOfTheFleetDoNotCountAgainstTheCeiling(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.Ceiling = 3, 3
	names, err := fleet.ParseNamePattern("bbb-server[1-4]")
	must(t, err)
	cfg.Fleet.NamePattern = names
	fx := newFixture(t, cfg, sim.Config{Servers: 10, Running: 2})
	fx.until(15*time.Minute, "three in service", func() bool { return fx.count(fleet.StateActive) == 3 })
}

func TestStartThatFailsLateForgivesNoOther(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 7, 2
	cfg.Cooldowns.Out = 5 * time.Minute // others start within it when the first reaches its deadline
	cfg.Deadlines.Start, cfg.Deadlines.Queue = 6*time.Minute, 0
	fx := newFixture(t, cfg, sim.Config{Servers: 8, Running: 0})
	check := fx.checkPromises()
	fx.w.Inject(sim.Fault{Kind: sim.BusyForever, On: "bbb-server1"})
	fx.run(9 * time.Minute)
	if most := check.outs(); most > 2 {
		t.Errorf("%d starts within a cooldown, want at most 2\n%s", most, fx.describe())
	}
}

// BenchmarkStartOfHundred starts 100 servers in 7 datacenters that carry out one change
// at a time, 60 s each. The lower bound is the queue of the largest datacenter:
// 15 × 60 s.
func BenchmarkStartOfHundred(b *testing.B) {
	const servers, dcs, each = 100, 7, time.Minute
	best := time.Duration((servers+dcs-1)/dcs) * each
	for b.Loop() {
		fx := serialFixture(b, servers, dcs, each)
		begun := fx.w.Now()
		fx.until(4*best, "all on", func() bool {
			return !slices.ContainsFunc(fx.w.Servers(), func(r sim.Reading) bool { return r.Power != fleet.PowerOn })
		})
		b.ReportMetric(float64(fx.w.Now().Sub(begun))/float64(best), "of-best")
	}
}

func serialFixture(t tb, servers, datacenters int, each time.Duration) *fixture {
	var names []string
	for i := range datacenters {
		names = append(names, fmt.Sprintf("dc-%d", i))
	}
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = servers, servers
	span := sim.Span{Min: each, Max: each}
	return newFixture(t, cfg, sim.Config{Servers: servers, Datacenters: names, Cloud: sim.CloudConfig{Serial: true, Start: span}})
}

func TestStartsBehindAQueueAreNotGivenUp(t *testing.T) {
	fx := serialFixture(t, 100, 7, time.Minute)
	fx.until(25*time.Minute, "all in service", func() bool { return fx.count(fleet.StateActive) == 100 })
	lines, _ := fx.store.Journal(t.Context(), 1000, "")
	for _, e := range lines {
		if e.Outcome == fleet.Failed {
			t.Fatalf("%s of %s failed: %s", e.Step.Kind, e.Step.Server, e.Detail)
		}
	}
}

func TestServersOnTheirWayAreNotStartedASecondTime(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 2
	fx := newFixture(t, cfg, sim.Config{Servers: 6, Running: 0})
	fx.until(20*time.Minute, "two in service", func() bool { return fx.count(fleet.StateActive) == 2 })
	if n := fx.w.Figures().Steps[fleet.Start]; n != 2 {
		t.Errorf("%d starts for a floor of 2\n%s", n, fx.describe())
	}
}

func TestADeadPollerDoesNotHaveTheWholeFleetStarted(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 3
	fx := newFixture(t, cfg, sim.Config{Servers: 14, Running: 2})
	fx.w.Inject(sim.Fault{Kind: sim.PollerDead})
	fx.run(3 * time.Hour)
	on := 0
	for _, r := range fx.w.Servers() {
		if r.Power == fleet.PowerOn {
			on++
		}
	}
	if on > 4 {
		t.Errorf("%d servers are on for a floor of 3, want the two that serve, the one that was wanted and its substitute\n%s", on, fx.describe())
	}
	if got := fx.s.Status().Limits; fleet.CountHolds(got, fleet.HoldPoller) != 1 {
		t.Errorf("limits %v: they do not name the poller", got)
	}
	blamed := 0
	for _, v := range fx.s.Status().Servers {
		if v.State != fleet.StateDown {
			continue
		}
		if blamed++; !strings.Contains(v.Reason, "BigBlueButton answers") || !strings.Contains(v.Reason, "the balancer's poller") {
			t.Errorf("%s: %q; it should blame the balancer's poller and not BigBlueButton", v.Name, v.Reason)
		}
	}
	if blamed != 2 {
		t.Errorf("%d servers are down, want the two that were started\n%s", blamed, fx.describe())
	}
}
