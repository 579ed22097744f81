package actions

import (
	"context"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
)

// Cycle runs one cycle at the time now: read, join, probe, update, decide,
// publish, apply. It returns an error when the store fails, and then writes
// nothing to the outside.
func (s *Scaler) Cycle(ctx context.Context, now time.Time) error {
	s.cycle.Lock()
	defer s.cycle.Unlock()
	begun := time.Now()
	cfg := s.config()
	r := s.read(ctx, cfg, now)
	j := s.join(ctx, cfg, r.Snapshot, now)
	servers := j.servers
	failed := s.probeServers(ctx, cfg, servers, now)
	view, err := s.update(cfg, r, servers, failed, now)
	if err != nil {
		return err
	}
	plan := plan.Decide(cfg, view)
	s.publish(cfg, r, view, plan, j)
	err = s.applyAll(ctx, cfg, plan, servers)
	s.metrics.cycles.Observe(time.Since(begun).Seconds())
	return err
}

// together runs the functions side by side, or one after the other with
// Deps.InOrder.
func (s *Scaler) together(fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		if s.deps.InOrder {
			f()
			continue
		}
		wg.Go(f)
	}
	wg.Wait()
}

// change commits what f returns, and logs when the store fails: the next cycle
// tries again.
func (s *Scaler) change(what string, f func() fleet.Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(f()); err != nil {
		s.log.Error("storing failed", "what", what, "error", err)
	}
}
