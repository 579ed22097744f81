package actions

import (
	"context"
	"time"
)

// Run looks at the fleet again and again until ctx is done: soon after a
// notification, often while something is under way, and at the evaluation
// interval in any case. It waits for the writes under way before it returns.
func (s *Scaler) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.Cycle(ctx, s.deps.Now()); err != nil && ctx.Err() == nil {
			s.log.Error("cycle failed", "error", err)
		}
		s.rest(ctx)
	}
	s.writes.Wait()
	return nil
}

// rest waits for the next look.
func (s *Scaler) rest(ctx context.Context) {
	timer := time.NewTimer(s.interval())
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-s.wake:
		s.debounce(ctx)
	}
}

// debounce waits until notifications have been quiet, or for long enough.
func (s *Scaler) debounce(ctx context.Context) {
	cfg := s.config()
	end := time.NewTimer(cfg.Fleet.DebounceMax)
	defer end.Stop()
	for {
		quiet := time.NewTimer(cfg.Fleet.DebounceQuiet)
		select {
		case <-s.wake:
			quiet.Stop()
			continue
		case <-quiet.C:
		case <-end.C:
		case <-ctx.Done():
		}
		quiet.Stop()
		return
	}
}

// interval is short while a server is on its way from one state to another.
func (s *Scaler) interval() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	moving := 0
	for _, state := range []State{StateStarting, StateWarming, StateDraining, StateEmpty, StateStopping, StateResizing, StateDown} {
		moving += s.status.Counts[state]
	}
	if moving > 0 || s.complete == 0 {
		return s.cfg.Fleet.BusyInterval
	}
	return s.cfg.Fleet.EvaluationInterval
}

// poke wakes Run, and never waits.
func (s *Scaler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
