package actions_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// stalled is the context of a process that stands still, once armed, whenever
// it comes to a call of its own: a machine that is suspended or starved.
type stalled struct {
	context.Context
	armed *atomic.Bool
	holds time.Duration
}

func (c stalled) Done() <-chan struct{} {
	if c.armed.Load() {
		time.Sleep(c.holds)
	}
	return c.Context.Done()
}

func TestStartsThatAStallHeldBackAreNotMadeBesideThoseInTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := liveConfig(dcA)
		cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 6, 2
		w := bubble(sim.Config{Servers: 8, Running: 0, Datacenters: []string{dcA}})
		armed, store := &atomic.Bool{}, actions.NewMemoryStore()
		s, err := actions.New(cfg, actions.Deps{
			Cloud:    hooked{Cloud: w.Cloud(), contract: func() { armed.Store(true) }},
			Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve, Store: store,
		})
		must(t, err)
		must(t, s.Cycle(stalled{t.Context(), armed, cfg.Deadlines.Patience + time.Second}, time.Now()))
		must(t, s.Cycle(t.Context(), time.Now()))
		time.Sleep(cfg.Cooldowns.Out / 2)
		lines, err := store.Journal(100, "")
		must(t, err)
		begun := 0
		for _, e := range lines {
			if e.Step.Kind == actions.Start && e.Outcome == actions.Begun {
				begun++
			}
		}
		if begun != cfg.Capacity.MaxStep {
			t.Errorf("%d starts begun within a cooldown, want %d", begun, cfg.Capacity.MaxStep)
		}
	})
}
