package actions_test

import (
	"context"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestNothingBeginsAndNothingIsSentAfterTheEndOfTheLease(t *testing.T) {
	for name, end := range map[string]func(fx *fixture, until *time.Time){
		"it ended before the cycle":                 func(fx *fixture, until *time.Time) { *until = fx.w.Now() },
		"it ends between the journal and the write": func(fx *fixture, until *time.Time) { fx.store = &endingStore{Store: fx.store, until: until} },
		"it ends while the write waits, and no timer has fired yet": func(fx *fixture, until *time.Time) {
			fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
				ended := false
				return endingCloud{c, func(context.Context) {
					if !ended {
						ended, *until = true, time.Time{}
					}
				}}, b
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fixtureConfig()
			cfg.Capacity.MinActive = 4
			fx := newFixture(t, cfg, sim.Config{Servers: 4, Running: 2, Seed: 3})
			until := fx.w.Now().Add(time.Hour)
			end(fx, &until)
			fx.lease = func() time.Time { return until }
			fx.restart()
			must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
			until = fx.w.Now().Add(24 * time.Hour)
			fx.w.Advance(fx.w.Now().Add(time.Minute))
			for i, r := range fx.w.Servers() {
				if i >= 2 && (r.Power == fleet.PowerOn || r.Busy) {
					t.Errorf("%s was started", r.Name)
				}
			}
			fx.until(time.Hour, "with the lease, four in service", func() bool { return fx.count(fleet.StateActive) == 4 })
		})
	}
}

// endingStore ends the lease with the commit of the first step.
type endingStore struct {
	fleet.Store
	until *time.Time
	ended bool
}

func (e *endingStore) Commit(ctx context.Context, c fleet.Commit) error {
	if len(c.Entries) > 0 && !e.ended {
		e.ended, *e.until = true, time.Time{}
	}
	return e.Store.Commit(ctx, c)
}

// endingCloud calls a function before it sends a start.
type endingCloud struct {
	fleet.Cloud
	before func(context.Context)
}

func (e endingCloud) Start(ctx context.Context, ref fleet.ServerRef) (string, error) {
	e.before(ctx)
	return e.Cloud.Start(ctx, ref)
}

func TestWriteHasNoMoreTimeThanIsLeftOfTheLease(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 4
	fx := newFixture(t, cfg, sim.Config{Servers: 4, Running: 2, Seed: 3})
	fx.lease = func() time.Time { return fx.w.Now().Add(6 * time.Second) }
	starts := 0
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return endingCloud{c, func(ctx context.Context) {
			starts++
			if end, limited := ctx.Deadline(); !limited || time.Until(end) > 6*time.Second {
				t.Errorf("a start may take until %v, want at most 6s", end)
			}
		}}, b
	}
	fx.restart()
	must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
	if starts == 0 {
		t.Error("no start")
	}
}
