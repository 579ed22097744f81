package actions

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Cycle takes one look at the fleet and does what follows: read, join,
// observe, decide, apply. now is the time of the look. It returns an error when
// the store fails, and then writes nothing to the outside.
func (s *Scaler) Cycle(ctx context.Context, now time.Time) error {
	s.cycle.Lock()
	defer s.cycle.Unlock()
	begun := time.Now()
	cfg := s.config()
	w := s.read(ctx, cfg, now)
	cfg = cfg.learning(w.alerts)
	servers, unjoined := join(cfg, w.world, func(hosts []string) map[string][]netip.Addr { return s.resolve(ctx, cfg, hosts, now) })
	s.attach(ctx, cfg, servers, now)
	blocked, err := s.observe(ctx, cfg, w, servers, now)
	if err != nil {
		return err
	}
	view := s.view(ctx, cfg, w, servers, blocked, now)
	plan := Decide(cfg, view)
	s.publish(cfg, w, view, plan, unjoined)
	err = s.applyAll(ctx, cfg, plan, servers)
	s.metrics.looks.Observe(time.Since(begun).Seconds())
	return err
}

// together runs the functions side by side, or in order where the
// configuration asks for one thing at a time.
func (s *Scaler) together(cfg Config, fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		if cfg.Fleet.Concurrency <= 1 {
			f()
			continue
		}
		wg.Go(f)
	}
	wg.Wait()
}

// change commits what f says, and logs when the store fails: the next look
// tries again.
func (s *Scaler) change(what string, f func() Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(f()); err != nil {
		s.log.Error("storing failed", "what", what, "error", err)
	}
}
