package actions

import (
	"context"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
)

// Cycle runs one cycle at the time now: read, join, probe, update, decide, publish,
// apply. It returns an error if the store fails, and then changes nothing in the
// cloud or the balancer.
func (s *Scaler) Cycle(ctx context.Context, now time.Time) error {
	s.cycle.Lock()
	defer s.cycle.Unlock()
	begun := time.Now()
	cfg := s.config()
	r := s.read(ctx, cfg, now)
	s.remember(cfg)
	cfg.Capacity.Events = s.events(cfg)
	j := s.join(ctx, cfg, r.Snapshot, now)
	servers := j.servers
	failed := s.probeServers(ctx, cfg, servers, now)
	view, err := s.update(cfg, r, servers, failed, now)
	if err != nil {
		return err
	}
	plan := plan.Decide(cfg, view)
	s.publish(cfg, r, view, plan, j)
	if s.deps.Published != nil {
		s.deps.Published(s.Status())
	}
	err = s.applyAll(ctx, cfg, plan, servers)
	s.metrics.cycles.Observe(time.Since(begun).Seconds())
	return err
}

// together runs the functions concurrently, or sequentially with Deps.InOrder, and
// waits for all of them.
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

// change commits what f returns. If the store fails, it logs the error; the next cycle
// makes the same change.
func (s *Scaler) change(what string, f func() fleet.Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(f()); err != nil {
		s.log.Error("storing failed", "what", what, "error", err)
	}
}
