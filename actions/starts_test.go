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

func TestClockThatIsSetBackHoldsNoStartBackForLong(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 2, 1
	sc := newSchool(t, cfg, sim.Config{Servers: 2, Running: 0})
	ahead := actions.FleetRecord{Outs: []time.Time{sc.w.Now().Add(5 * time.Hour)}, In: sc.w.Now().Add(5 * time.Hour)}
	c := actions.Commit{Fleet: &ahead}
	for _, r := range sc.w.Servers() {
		c.Records = append(c.Records, actions.Record{ID: r.ID, RetryAt: sc.w.Now().Add(5 * time.Hour), Up: sc.w.Now().Add(5 * time.Hour)})
	}
	must(t, sc.store.Commit(c))
	sc.restart()
	sc.until(cfg.Cooldowns.BackoffMax+20*time.Minute, "two in service", func() bool { return sc.count(actions.StateActive) == 2 })
	m, err := sc.store.Load()
	must(t, err)
	for _, at := range append([]time.Time{m.Fleet.In}, m.Fleet.Outs...) {
		if at.After(sc.w.Now()) {
			t.Errorf("a cooldown still begins at %s, and it is %s", at, sc.w.Now())
		}
	}
	for _, r := range m.Records {
		if r.Up.After(sc.w.Now()) {
			t.Errorf("%s grew at %s, and it is %s", r.ID, r.Up, sc.w.Now())
		}
	}
}
