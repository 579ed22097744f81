package actions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestNoFurtherStepIsTriedOnceCredentialsWereRefused(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 5
	fx := newFixture(t, cfg, sim.Config{Servers: 6, Running: 0})
	fx.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "write", Status: 401})
	fx.run(5 * time.Minute)
	if lines, _ := fx.store.Journal(100, ""); len(lines) > 2 {
		t.Errorf("%d journal lines, want one try\n%s", len(lines), fx.describe())
	}
}

func TestWriteWhoseOutcomeIsUnknownIsNotRepeatedBeforeReading(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 1, Running: 0, Cloud: sim.CloudConfig{Start: sim.Span{Min: 10 * time.Second, Max: 10 * time.Second}}})
	fx.w.Inject(sim.Fault{Kind: sim.CloudLost, Op: "start", Times: 1})
	starts := 0
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return hooked{Cloud: c, start: func() {
			if starts++; starts == 1 {
				fx.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "servers", Status: 503, For: 4 * time.Minute})
			}
		}}, b
	}
	fx.restart()
	fx.until(15*time.Minute, "in service", func() bool { return fx.count(fleet.StateActive) == 1 })
	if starts != 1 {
		t.Errorf("%d starts, want 1: the first had been accepted, and nothing was read before the next", starts)
	}
}

func TestRefusedCredentialsStopAllWrites(t *testing.T) {
	for _, status := range []int{401, 403} {
		cfg := fixtureConfig()
		cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 3, 1
		fx := newFixture(t, cfg, sim.Config{Servers: 4, Running: 0})
		lift := fx.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "write", Status: status})
		fx.run(10 * time.Minute)
		if got := fx.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0], "credentials") {
			t.Errorf("%d: blocked %q, want the credentials named", status, got)
		}
		lines, _ := fx.store.Journal(100, "")
		if len(lines) > 2 {
			t.Errorf("%d: %d journal lines, want one try\n%s", status, len(lines), fx.describe())
		}
		lift()
		fx.until(time.Hour, "goes on by itself", func() bool { return fx.count(fleet.StateActive) == 3 })
	}
}
