package actions_test

import (
	"context"
	"errors"
	"fmt"
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
	if lines, _ := fx.store.Journal(t.Context(), 100, ""); len(lines) > 2 {
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
		if got := fx.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0].Text, "credentials") {
			t.Errorf("%d: blocked %q, want the credentials named", status, got)
		}
		lines, _ := fx.store.Journal(t.Context(), 100, "")
		if len(lines) > 2 {
			t.Errorf("%d: %d journal lines, want one try\n%s", status, len(lines), fx.describe())
		}
		lift()
		fx.until(time.Hour, "goes on by itself", func() bool { return fx.count(fleet.StateActive) == 3 })
	}
}

// startFails is a cloud whose starts return an error.
type startFails struct {
	fleet.Cloud
	err error
}

func (c startFails) Start(context.Context, fleet.ServerRef) (string, error) { return "", c.err }

func TestChangeWhoseOutcomeIsUnknownStaysInFlight(t *testing.T) {
	for _, tt := range []struct {
		err    error
		flight bool
	}{
		{fleet.ErrUnknown, true},
		{context.DeadlineExceeded, true},
		{context.Canceled, true},
		{fleet.ErrBusy, false},
		{fleet.ErrThrottled, false},
		{fleet.ErrGone, false},
		{fleet.ErrAuth, false},
		{errors.New("422"), false},
	} {
		cfg := fixtureConfig()
		cfg.Capacity.MinActive = 1
		fx := newFixture(t, cfg, sim.Config{Servers: 1, Running: 0})
		fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
			return startFails{c, fmt.Errorf("starting: %w", tt.err)}, b
		}
		fx.restart()
		must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
		if got := fx.record("bbb-server1"); (got.Flight != nil) != tt.flight {
			t.Errorf("after %v its record is %+v, want it in flight: %v", tt.err, got, tt.flight)
		}
	}
}

// statesFail is a balancer whose writes return an error.
type statesFail struct {
	fleet.Balancer
	err error
}

func (b statesFail) SetState(context.Context, string, fleet.BalancerState) error { return b.err }

func TestAimIsKeptUnlessTheBalancerSurelyDidNothing(t *testing.T) {
	for _, tt := range []struct {
		err error
		aim fleet.Aim
	}{
		{fleet.ErrGone, fleet.AimNone},
		{fleet.ErrBusy, fleet.AimNone},
		{fleet.ErrAuth, fleet.AimNone},
		{errors.New("500"), fleet.AimDrain},
	} {
		fx := lowFixture(t, nil)
		fx.mute = true
		fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
			return c, statesFail{b, tt.err}
		}
		fx.restart()
		fx.run(2 * time.Minute)
		must(t, onlyErr(fx.s.Notify([]fleet.Alert{fx.lowNow()})))
		must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
		lines := fx.journal()
		if len(lines) == 0 || lines[0].Step.Kind != fleet.Cordon {
			t.Fatalf("after %v the journal is %+v, want a cordon", tt.err, lines)
		}
		if got := fx.record(lines[0].Step.Server).Aim; got != tt.aim {
			t.Errorf("after %v the aim is %q, want %q", tt.err, got, tt.aim)
		}
	}
}
